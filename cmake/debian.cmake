# `cpack` in a build of the preset "package": sipvoice, libsipvoiceN and libsipvoice-dev as .deb files.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sipvoice)
set(CPACK_PACKAGE_CONTACT "sipvoice developers <sipvoice@localhost>")
set(CPACK_PACKAGE_VENDOR sipvoice)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION comm)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME sipvoice)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "SIP voice: answer, place, record and prove calls
 One command that takes and places SIP calls, plays, records and checks what
 was heard, and says how each call went.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS espeak-ng)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libsipvoice${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "SIP voice as a library
 The shared library for applications that take or place calls.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsipvoice-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libsipvoice${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "SIP voice as a library: headers
 Headers and package files for programs that are built with libsipvoice.")
include(CPack)
