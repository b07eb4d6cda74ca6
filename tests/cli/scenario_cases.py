#!/usr/bin/env python3
"""Scenario files: `check` tells every mistake, `schema` describes the same language."""
import json
from pathlib import Path

from harness import BINARY, SAMPLES, Skip, case, check, equal, run, run_cases

GOOD = f"""scenario: A caller to sales hears the sales prompt and is hung up on 9
timeout: 20s
vars: {{ROOM: sales}}
parties:
  ivr:
    - expect_call: {{within: 2s, headers: {{X-Room-ID: "${{ROOM}}"}}}}
    - ring: 200ms
    - answer
    - play: {SAMPLES / 'sales.wav'}
    - expect_dtmf: {{digits: "9", within: 5s}}
    - hangup
  caller:
    codecs: [pcma, pcmu]
    network: {{loss: 1%, rtp: {{jitter: 20ms}}}}
    steps:
      - call: {{to: ivr, headers: {{X-Room-ID: "${{ROOM}}"}}}}
      - expect_answer: {{within: 2s, codec: pcma}}
      - expect_audio: {{like: {SAMPLES / 'sales.wav'}, within: 5s}}
      - send_dtmf: "9"
      - expect_no: {{expect_request: MESSAGE, for: 100ms}}
      - expect_hangup: {{by: remote, within: 2s}}
"""
BAD = """scenario: Everything is wrong here
parties:
  a:
    - cal: b
    - play: gone.wav
    - wait: 5
  b:
    - expect_call: {header: {X-A: b}}
    - log: "${NOBODY}"
"""


def checked(*arguments):
    return run([BINARY, "check", *arguments], timeout=20)


@case()
def good_and_bad():
    Path("folder/deep").mkdir(parents=True)
    Path("folder/good.yaml").write_text(GOOD)
    done = checked("folder")
    equal((done.returncode, done.stdout, done.stderr), (0, "folder/good.yaml: ok\n", ""), "a folder")
    Path("folder/deep/bad.yaml").write_text(BAD)
    done = checked("folder")
    equal((done.returncode, done.stdout), (2, "folder/good.yaml: ok\n"), "with a bad one in it")
    places = [line.split(" ")[0] for line in done.stderr.splitlines()]
    equal(places, [f"folder/deep/bad.yaml:{place}:" for place in ("4:7", "5:7", "5:13", "6:13", "8:7", "8:21", "9:12")],
          f"places of the mistakes in {done.stderr}")
    for says in ("did you mean 'call'?", "there is no file 'folder/deep/gone.wav'", "250ms, 5s or 2m, not '5'",
                 "did you mean 'headers'?", "${NOBODY} is not set", "nobody calls 'b'"):
        check(says in done.stderr, f"'{says}' is not in {done.stderr}")


@case()
def variables():
    """--var comes before the file's, the environment after them."""
    Path("a.yaml").write_text('parties:\n  a:\n    - call: "sip:x@${TARGET}"\n    - wait: ${LONG}\nvars: {LONG: 2m}\n')
    done = checked("a.yaml")
    equal(done.returncode, 2, "exit code")
    check("a.yaml:3:13: ${TARGET} is not set" in done.stderr and "longer than the timeout" in done.stderr, done.stderr)
    done = checked("a.yaml", "--var", "TARGET=127.0.0.1:5070", "--var", "LONG=2s")
    equal((done.returncode, done.stderr), (0, ""), "with both")
    done = run([BINARY, "check", "a.yaml", "--var", "LONG=2s"], timeout=20, env={"TARGET": "127.0.0.1"})
    equal((done.returncode, done.stderr), (0, ""), "from the environment")
    done = checked("a.yaml", "--var", "LONG")
    equal((done.returncode, done.stderr), (2, "sipvoice: --var is NAME=VALUE, not 'LONG'\n"), "without a value")


@case()
def schema():
    """The schema takes what check takes, and refuses what it refuses."""
    try:
        import jsonschema
        import yaml
    except ImportError as e:
        raise Skip(f"no Python package {e.name}") from None
    done = run([BINARY, "schema"], timeout=20)
    equal(done.returncode, 0, "exit code")
    validator = jsonschema.Draft202012Validator(json.loads(done.stdout))
    validator.check_schema(validator.schema)
    equal([e.message for e in validator.iter_errors(yaml.safe_load(GOOD))], [], "mistakes in a good one")
    for old, new in (("ring: 200ms", "ring: 200"), ("- answer", "- anser"), ("hangup", "hold_up"), ("loss: 1%", "los: 1%"),
                     ("[pcma, pcmu]", "[pcma, mp3]"), ('digits: "9"', 'digits: "x"'), ("timeout: 20s", "timeot: 20s"),
                     ("for: 100ms", "for: soon"), ("expect_request: MESSAGE", "hangup: x")):
        text = GOOD.replace(old, new, 1)
        check(text != GOOD, f"{old} is not in the text")
        check(list(validator.iter_errors(yaml.safe_load(text))), f"the schema takes {new}")
        Path("bad.yaml").write_text(text)
        equal(checked("bad.yaml").returncode, 2, f"check of {new}")


if __name__ == "__main__":
    run_cases()
