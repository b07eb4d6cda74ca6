include(GNUInstallDirs)
install(TARGETS sipvoice_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
