# Flags of every target of this project; never of what links to it.
add_library(sipvoice_flags INTERFACE)
target_compile_options(sipvoice_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 inside libstdc++ when optimising with sanitizers.
  target_compile_options(sipvoice_flags INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow
                         -Wno-array-bounds -Wno-restrict -fpch-preprocess)
endif()
if(SIPVOICE_WERROR)
  target_compile_options(sipvoice_flags INTERFACE -Werror)
endif()
if(SIPVOICE_SANITIZE)
  target_compile_options(sipvoice_flags INTERFACE -fsanitize=address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sipvoice_flags INTERFACE -fsanitize=address,undefined)
endif()
if(SIPVOICE_SANITIZE_THREADS)
  target_compile_options(sipvoice_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(sipvoice_flags INTERFACE -fsanitize=thread)
  # Asio's fences stand beside locks that order the same things; ThreadSanitizer knows locks only.
  target_compile_definitions(sipvoice_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(SIPVOICE_FUZZ)
  target_compile_options(sipvoice_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sipvoice_flags INTERFACE -fsanitize=address,undefined)
endif()
