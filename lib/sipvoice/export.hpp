// What libsipvoice exports, and the version that its names carry.
//
// Every public name stands in the inline namespace `v0` of `sipvoice`: programs write
// `sipvoice::Backend`, and the linker sees `sipvoice::v0::Backend`, so that a program never runs on
// a library whose types differ from those it was compiled with. Types are written with capitals,
// which keeps them apart from the library's own `sipvoice::session`, `sipvoice::media` and so on;
// those are hidden symbols, and no header of theirs is installed.
#pragma once

#define SIPVOICE_API [[gnu::visibility("default")]]
