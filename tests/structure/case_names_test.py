#!/usr/bin/env python3
"""Every Catch2 case is one that ctest runs: cases are found by name, and some names are lost on the way.

case_names_test.py SOURCE_DIR             checks tests/**/*.cpp; prints every bad name; exit 1
case_names_test.py SOURCE_DIR --self-test judges names that are known to be lost, and some that are not
"""
import re
import sys
from pathlib import Path

# CatchAddTests.cmake makes a CMake list of the names, and each of them a filter for Catch2.
LOST = (
    (re.compile(r";"), "';' ends an item of a CMake list: the case is dropped"),
    (re.compile(r"[\[\]]"), "'[' and ']' keep a CMake list from being split"),
    (re.compile(r"\\"), "a backslash escapes what follows it in a filter of Catch2"),
    (re.compile(r"^[\"~-]"), "Catch2 takes it for a quote, an exclusion or an option"),
    (re.compile(r"^\*|\*$"), "'*' at an end is a wildcard of Catch2: other cases run too"),
    (re.compile(r"^\s|\s$"), "blanks at an end are not kept"),
    (re.compile(r"\]==\]|[\x00-\x1f]"), "it ends an argument of CMake"),
    (re.compile(r"^$"), "a case without a name"),
)

LITERAL = r'"(?:\\.|[^"\\\n])*"'
CASE = re.compile(r"\b(?:TEMPLATE_(?:PRODUCT_|LIST_)?)?TEST_CASE(?:_METHOD\(\s*[\w:]+\s*,|\()\s*"
                  rf"((?:{LITERAL}\s*)*)")
ESCAPE = re.compile(r'\\(["\\])')


def names_in(text):
    """(line, name) of every case; adjacent literals are one."""
    for found in CASE.finditer(text):
        parts = re.findall(LITERAL, found.group(1))
        yield text.count("\n", 0, found.start()) + 1, "".join(ESCAPE.sub(r"\1", part[1:-1]) for part in parts)


def faults(name):
    return [why for pattern, why in LOST if pattern.search(name)]


def self_test():
    text = ('TEST_CASE("one; two") {}\nTEST_CASE("a list [of") {}\nTEST_CASE("a\\\\b") {}\n'
            'TEST_CASE("all*") {}\nTEST_CASE("~not this") {}\nTEST_CASE("split "\n          "; here") {}\n'
            'TEST_CASE("blank ") {}\nTEST_CASE_METHOD(rig, "x;y") {}\nTEST_CASE("") {}\n')
    innocent = ('TEST_CASE("64*T1, \\"quoted\\" (and so on): 100 % fine", "[tag]") {}\n'
                'TEST_CASE("split in "\n          "two", "[one][two]") {}\n// no case; here\n')
    lost = list(names_in(text))
    missed = [name for _, name in lost if not faults(name)]
    wrong = [name for _, name in names_in(innocent) if faults(name)]
    print(f"{len(lost)} names that are lost, missed: {missed}; falsely found: {wrong}")
    return 0 if len(lost) == 9 and not missed and not wrong and len(list(names_in(innocent))) == 2 else 1


def main():
    if "--self-test" in sys.argv:
        return self_test()
    top = Path(sys.argv[1]).resolve()
    count = bad = 0
    for path in sorted((top / "tests").rglob("*.cpp")):
        for line, name in names_in(path.read_text(encoding="utf-8", errors="replace")):
            count += 1
            for why in faults(name):
                bad += 1
                print(f"{path.relative_to(top)}:{line}: '{name}': {why}")
    print(f"{count} cases read, {bad} faults")
    return 1 if bad or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
