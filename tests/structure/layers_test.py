#!/usr/bin/env python3
"""Holds the house together: which folder may include which, and what protocol code may never touch.

layers_test.py SOURCE_DIR             checks lib/sipvoice and apps; prints every breach; exit 1
layers_test.py SOURCE_DIR --self-test plants one breach of each kind in a copy and expects it to be found
"""
import re
import sys
import tempfile
from pathlib import Path

# What a folder may include besides itself. Direction, one way (ARCHITECTURE.md):
# base <- sip | sdp | rtp | audio <- media <- call <- session <- scenario | io | sim | device;
# api stands on session alone, scenario on api; backend on api, io and device; report on scenario; harness on scenario,
# io, sim and device; apps on everything. The public headers
# (lib/sipvoice/*.hpp) are seen by api, backend and apps, and see none of the inside.
PROTOCOL = ["base", "sip", "sdp", "rtp", "audio", "media", "call", "session", "api"]
SIBLINGS = {"base"}
UP_TO_MEDIA = {"base", "sip", "sdp", "rtp", "audio"}
UP_TO_CALL = UP_TO_MEDIA | {"media"}
UP_TO_SESSION = UP_TO_CALL | {"call"}
SHELL = UP_TO_SESSION | {"session"}
MAY_SEE = {
    "base": set(),
    "sip": SIBLINGS, "sdp": SIBLINGS, "rtp": SIBLINGS, "audio": SIBLINGS,
    "media": UP_TO_MEDIA, "call": UP_TO_CALL, "session": UP_TO_SESSION,
    "scenario": SHELL | {"api"}, "io": SHELL, "sim": SHELL, "device": SHELL,
    "api": SHELL, "backend": SHELL | {"api", "io", "device"},
    "report": SHELL | {"api", "scenario"}, "harness": SHELL | {"api", "scenario", "io", "sim", "device"},
}
SEES_PUBLIC_HEADERS = {"", "api", "backend"}

# No clock, chance, thread, file or socket from base to session. Words are looked for outside
# comments and string literals.
FORBIDDEN_INCLUDES = re.compile(
    r"^(boost/asio.*|asio.*|thread|stop_token|mutex|shared_mutex|condition_variable|semaphore|barrier|"
    r"latch|future|fstream|filesystem|iostream|unistd\.h|fcntl\.h|poll\.h|netdb\.h|"
    r"arpa/.*|netinet/.*|sys/.*|signal\.h|csignal|openssl/rand\.h|pthread\.h)$")
FORBIDDEN_WORDS = re.compile(
    r"::now\s*\(|\brandom_device\b|\bf(?:re)?open\s*\(|\bstd::FILE\b|\bstd::thread\b|\bstd::jthread\b|\bstd::mutex\b|"
    r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\s*\(|(?<![\w.>])::?time\s*\(\s*(?:nullptr|NULL|0)\s*\)|"
    r"\bgettimeofday\b|\bclock_gettime\b|\bgetenv\b|(?<![\w.>:])s?rand\s*\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def code_of(text):
    """The text with comments and string literals blanked, line by line."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def breaches(top):
    found = []
    library = top / "lib" / "sipvoice"
    files = sorted(library.rglob("*.[ch]pp")) + sorted((top / "apps").rglob("*.[ch]pp"))
    for path in files:
        inside = path.relative_to(library).parts if library in path.parents else ()
        layer = inside[0] if len(inside) > 1 else ""  # "": apps, or the public header
        name = path.relative_to(top)
        if layer and layer not in MAY_SEE:
            found.append(f"{name}: folder '{layer}' is not in the plan; add it to MAY_SEE with its place")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            include = INCLUDE.match(line)
            if include:
                found += check_include(name, number, layer, include.group(1))
                if len(inside) == 1:
                    found += check_public(name, number, include.group(1))
        if layer in PROTOCOL:
            for number, line in enumerate(code_of(text).splitlines(), 1):
                word = FORBIDDEN_WORDS.search(line)
                if word:
                    found.append(f"{name}:{number}: '{word.group(0).strip()}' in {layer}: time, chance, "
                                 "threads and files come from outside")
    return found, len(files)


def check_include(name, number, layer, target):
    found = []
    parts = target.split("/")
    if layer and parts[0] == "sipvoice" and len(parts) > 2:
        other = parts[1]
        if other != layer and other not in MAY_SEE[layer]:
            found.append(f"{name}:{number}: {layer} includes {target}: {layer} may see "
                         f"{', '.join(sorted(MAY_SEE[layer])) or 'nothing'}")
    elif parts[0] == "sipvoice" and len(parts) == 2 and layer not in SEES_PUBLIC_HEADERS:
        found.append(f"{name}:{number}: {layer} includes {target}: the public API stands above it")
    elif layer and parts[0] in ("..", "."):
        found.append(f"{name}:{number}: includes {target}: name it from lib/ on")
    if layer in PROTOCOL and FORBIDDEN_INCLUDES.match(target):
        found.append(f"{name}:{number}: {layer} includes <{target}>: no clock, thread, file or socket "
                     "from base to session")
    return found


def check_public(name, number, target):
    """Of a file right in lib/sipvoice: what it includes is installed too, or belongs to the system."""
    if target.startswith("sipvoice/") and target.count("/") > 1:
        return [f"{name}:{number}: a public header includes {target}: nothing of the inside is installed"]
    return []


PLANTED = {
    "lib/sipvoice/base/a.hpp": '#include "sipvoice/sip/uri.hpp"\n',
    "lib/sipvoice/sip/b.cpp": '#include "sipvoice/sdp/session_description.hpp"\n',
    "lib/sipvoice/io/c.cpp": '#include "sipvoice/device/sounds.hpp"\n',
    "lib/sipvoice/call/d.cpp": "#include <boost/asio.hpp>\n",
    "lib/sipvoice/rtp/e.hpp": "#include <mutex>\n",
    "lib/sipvoice/media/f.cpp": "auto t = std::chrono::steady_clock::now();\n",
    "lib/sipvoice/audio/g.cpp": "std::random_device seed;\n",
    "lib/sipvoice/session/h.cpp": "#include <fstream>\n",
    "lib/sipvoice/session/i.cpp": 'auto f = fopen("x", "r");\n',
    "lib/sipvoice/sdp/j.cpp": "#include <sys/socket.h>\n",
    "lib/sipvoice/sip/k.cpp": '#include "../rtp/packet.hpp"\n',
    "lib/sipvoice/base/l.cpp": "void wait() { std::this_thread::sleep_for(x); }\n",
    "lib/sipvoice/other/m.cpp": "int x;\n",
    "lib/sipvoice/session/s.cpp": '#include "sipvoice/config.hpp"\n',
    "lib/sipvoice/t.hpp": '#include "sipvoice/session/plan.hpp"\n',
    "lib/sipvoice/api/u.cpp": '#include "sipvoice/io/runtime.hpp"\n',
}
INNOCENT = {
    "lib/sipvoice/base/n.hpp": "// never ::now() here, nor random_device\n#include <chrono>\n",
    "lib/sipvoice/sip/o.cpp": 'auto s = "x::now()"; /* std::mutex */ auto q = \'"\'; int brand(int);\n',
    "lib/sipvoice/io/p.cpp": '#include <mutex>\n#include "sipvoice/session/engine.hpp"\n',
    "lib/sipvoice/call/q.cpp": '#include "sipvoice/sip/uri.hpp"\n#include "sipvoice/media/values.hpp"\n',
    "lib/sipvoice/v.hpp": '#include "sipvoice/values.hpp"\n#include <string>\n',
    "lib/sipvoice/api/w.cpp": '#include "sipvoice/values.hpp"\n#include "sipvoice/session/plan.hpp"\n',
    "apps/sipvoice/r.cpp": '#include "sipvoice/io/runtime.hpp"\n#include <fstream>\n',
}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        for name, text in {**PLANTED, **INNOCENT}.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        found, _ = breaches(top)
        missed = [name for name in PLANTED if not any(f.startswith(name) for f in found)]
        wrong = [f for f in found if not any(f.startswith(name) for name in PLANTED)]
        for name in missed:
            print(f"not found: {name}: {PLANTED[name].strip()}")
        for f in wrong:
            print(f"falsely found: {f}")
        print(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} planted breaches found")
        return 1 if missed or wrong else 0


def main():
    if "--self-test" in sys.argv:
        return self_test()
    found, count = breaches(Path(sys.argv[1]).resolve())
    for breach in found:
        print(breach)
    print(f"{count} files read, {len(found)} breaches")
    if count == 0:
        print("nothing to read: is the folder right?")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
