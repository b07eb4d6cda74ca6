# What `cmake --install` puts in place: the program, the one shared library that holds every layer,
# its public headers, and the package files with which find_package(sipvoice) finds them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Symbols are hidden unless exported, so the library is its public headers and nothing else. The
# static layers stay as they are for tests, which look inside.
file(GLOB sipvoice_public_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/sipvoice/*.hpp)
get_property(sipvoice_layers GLOBAL PROPERTY SIPVOICE_LAYERS)
add_library(sipvoice SHARED ${CMAKE_SOURCE_DIR}/lib/sipvoice/version.cpp)
add_library(sipvoice::sipvoice ALIAS sipvoice)
target_compile_features(sipvoice PUBLIC cxx_std_20)
target_compile_definitions(sipvoice PRIVATE SIPVOICE_VERSION="${PROJECT_VERSION}")
target_include_directories(sipvoice INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/lib> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(sipvoice PRIVATE ${CMAKE_SOURCE_DIR}/lib)
target_link_libraries(sipvoice PRIVATE $<BUILD_INTERFACE:sipvoice_flags>)
# By their objects, each once: an archive that one layer brings for another would come twice.
foreach(layer ${sipvoice_layers})
  target_sources(sipvoice PRIVATE $<TARGET_OBJECTS:${layer}>)
endforeach()
get_property(sipvoice_packages GLOBAL PROPERTY SIPVOICE_PACKAGES)
list(REMOVE_DUPLICATES sipvoice_packages)
foreach(package ${sipvoice_packages})
  target_link_libraries(sipvoice PRIVATE $<BUILD_INTERFACE:${package}>)
endforeach()
target_link_options(sipvoice PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/exports.map
  $<$<NOT:$<BOOL:${SIPVOICE_SANITIZE}>>:LINKER:--no-undefined>)
set_target_properties(sipvoice PROPERTIES
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/exports.map
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  PUBLIC_HEADER "${sipvoice_public_headers}")

# Manual pages and completions: the program describes itself.
set(described ${CMAKE_BINARY_DIR}/described)
add_custom_command(OUTPUT ${described}/man1/sipvoice.1
  COMMAND ${CMAKE_COMMAND} -DSIPVOICE=$<TARGET_FILE:sipvoice_cli> -DTO=${described}
          -P ${CMAKE_CURRENT_LIST_DIR}/describe.cmake
  DEPENDS sipvoice_cli ${CMAKE_CURRENT_LIST_DIR}/describe.cmake VERBATIM)
add_custom_target(sipvoice_described ALL DEPENDS ${described}/man1/sipvoice.1)

# Three parts, as Debian cuts them: the program, the library, what one needs to build with it.
set(package_files ${CMAKE_INSTALL_LIBDIR}/cmake/sipvoice)
install(TARGETS sipvoice_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(TARGETS sipvoice EXPORT sipvoice-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sipvoice COMPONENT development)
install(EXPORT sipvoice-targets NAMESPACE sipvoice:: FILE sipvoice-config.cmake
  DESTINATION ${package_files} COMPONENT development)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sipvoice-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sipvoice-config-version.cmake
  DESTINATION ${package_files} COMPONENT development)
# By its own place, so that the tree can be moved.
file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/sipvoice.pc.in ${CMAKE_BINARY_DIR}/sipvoice.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/sipvoice.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(DIRECTORY ${described}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program)
install(FILES ${described}/scenario.schema.json DESTINATION share/sipvoice COMPONENT program)
install(FILES ${described}/bash/sipvoice
  DESTINATION share/bash-completion/completions COMPONENT program)
# Debian's zsh looks elsewhere for what packages bring than for what stands in /usr/local.
install(CODE "set(folder share/zsh/site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
  set(folder share/zsh/vendor-completions)
endif()
file(INSTALL \"${described}/zsh/_sipvoice\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/\${folder}\")"
  COMPONENT program)
install(FILES ${described}/fish/sipvoice.fish
  DESTINATION share/fish/vendor_completions.d COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/samples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# The scenarios, and beside them what they play: ../samples/audio of their folder.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/scenarios DESTINATION share/sipvoice COMPONENT program
  FILES_MATCHING PATTERN *.yaml PATTERN out EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/samples/audio DESTINATION share/sipvoice/samples COMPONENT program)

include(${CMAKE_CURRENT_LIST_DIR}/reference.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
