// The only place that names the test framework: a move to Catch2 3 is one line.
#pragma once
#include <catch2/catch.hpp>
