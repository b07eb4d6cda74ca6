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
target_link_libraries(sipvoice PRIVATE $<BUILD_INTERFACE:Threads::Threads> $<BUILD_INTERFACE:yaml-cpp>
  $<BUILD_INTERFACE:OpenSSL::SSL> $<BUILD_INTERFACE:OpenSSL::Crypto> $<BUILD_INTERFACE:PkgConfig::SNDFILE>
  $<BUILD_INTERFACE:PkgConfig::SPEEXDSP> $<BUILD_INTERFACE:PkgConfig::KISSFFT>
  $<BUILD_INTERFACE:PkgConfig::PORTAUDIO> $<BUILD_INTERFACE:PkgConfig::ALSA> $<BUILD_INTERFACE:PkgConfig::OPUS> $<BUILD_INTERFACE:PkgConfig::CARES>)
target_link_options(sipvoice PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/exports.map)
set_target_properties(sipvoice PROPERTIES
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/exports.map
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  PUBLIC_HEADER "${sipvoice_public_headers}")

install(TARGETS sipvoice_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS sipvoice EXPORT sipvoice-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sipvoice)
install(EXPORT sipvoice-targets NAMESPACE sipvoice:: FILE sipvoice-config.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sipvoice)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sipvoice-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sipvoice-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sipvoice)

# Relative to its own place, so that the tree can be moved.
file(RELATIVE_PATH sipvoice_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/sipvoice.pc.in ${CMAKE_BINARY_DIR}/sipvoice.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/sipvoice.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
