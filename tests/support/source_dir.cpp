#include "support/source_dir.hpp"

std::string test::source_dir() { return SIPVOICE_SOURCE_DIR; }
