# The reference of the public headers by Doxygen: cmake --build --preset dev --target reference.
find_program(DOXYGEN doxygen)
get_target_property(public_headers sipvoice PUBLIC_HEADER)
list(JOIN public_headers " " doxygen_input)
configure_file(${CMAKE_SOURCE_DIR}/docs/Doxyfile.in ${CMAKE_BINARY_DIR}/Doxyfile @ONLY)
if(DOXYGEN)
  add_custom_target(reference COMMAND ${DOXYGEN} ${CMAKE_BINARY_DIR}/Doxyfile VERBATIM)
endif()
