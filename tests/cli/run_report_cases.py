#!/usr/bin/env python3
"""What `run` leaves behind: JSON, JUnit, the page, and what is kept of a failed scenario, read by programs that are not ours."""
import json
import re
from pathlib import Path

from harness import BINARY, SAMPLES, SOURCE, Skip, between, case, check, equal, run, run_cases
from peers import packets
from scenario_report import FAILS, PASSES, played, shape, steps_of, write


def written(*options, kept="kept"):
    """One that passes and one that fails, with every report."""
    write("f.yaml", FAILS)
    write("p.yaml", PASSES)
    played("f.yaml", "p.yaml", "--json", "out/r.json", "--junit", "out/r.xml", "--html", "page", "--artifacts", kept,
           *options, code=1)
    return shape("out/r.json")


@case(timeout=240)
def json_report():
    """Steps, what they measured, the failure, the media and the messages."""
    report = written()
    equal(report["summary"], {"passed": 1, "failed": 1, "flaky": 0, "skipped": 0}, "summary")
    one, other = report["scenarios"]
    equal(one["failure"], {"party": "ivr", "step": "expect_dtmf", "file": "f.yaml", "line": 7, "kind": "media",
                           "expected": "the digits 12", "seen": "the digits 13"}, "the failure")
    equal(steps_of(one), [("ivr: expect_call", 4, "passed"), ("ivr: answer", 5, "passed"), ("ivr: tone", 6, "passed"),
                          ("ivr: expect_dtmf", 7, "failed"), ("caller: call", 9, "passed"), ("caller: expect_answer", 10, "passed"),
                          ("caller: send_dtmf", 11, "passed"), ("caller: expect_hangup", 12, "stopped")], "steps")
    equal([c["direction"] for p in one["parties"] for c in p["calls"]], ["inbound", "outbound"], "directions")
    equal(len({c["call_id"] for p in one["parties"] for c in p["calls"]}), 1, "Call-IDs")
    equal([(d["digit"], d["direction"]) for d in one["parties"][0]["calls"][0]["digits"]], [("1", "received"), ("3", "received")],
          "digits")
    firsts = [m["text"].split("\r\n")[0].split(" sip:")[0] for m in one["messages"]]
    for first in ("INVITE", "SIP/2.0 200 OK", "ACK", "BYE"):
        check(first in firsts, f"{first} among {firsts}")
    equal((other["name"], other["failure"], other["artifacts"]), ("A short call", None, []), "the one that passed")


@case(timeout=240, needs=["xmllint"])
def junit_report():
    written()
    done = run(["xmllint", "--noout", "--schema", SOURCE / "tests/report/junit.xsd", "out/r.xml"], timeout=60)
    equal(done.returncode, 0, f"xmllint: {done.stderr}")

    def xpath(what):
        return run(["xmllint", "--xpath", what, "out/r.xml"], timeout=60).stdout.strip()
    equal([xpath(f"string(/testsuites/@{a})") for a in ("tests", "failures", "errors")], ["2", "1", "0"], "sums")
    equal(xpath("string(//testcase[failure]/@name)"), "Another digit than the one that was agreed", "name")
    equal(xpath("string(//failure/@type)"), "media", "type")
    for says in ("f.yaml:7", "expect_dtmf", "the digits 12", "the digits 13"):
        check(says in xpath("string(//failure/@message)"), f"{says} in the message")
    check("INVITE" in xpath("string(//failure)"), "the ladder")


@case(timeout=240)
def html_report():
    written()
    page = Path("page/index.html").read_text()
    for says in ("Another digit than the one that was agreed", "A short call", "the digits 12", "f.yaml:7"):
        check(says in page, f"'{says}' is not in the page")
    equal(re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page), [], "what it would load")
    equal([p.name for p in Path("page").iterdir()], ["index.html"], "files beside it")


@case(timeout=240, needs=["tshark", "soxi"])
def artifacts():
    """Of the failed one alone: captures with SIP and RTP, sounds as long as the calls, the log."""
    for kept, options in (("real", ()), ("virtual", ("--simulate",))):
        report = written(*options, kept=kept)
        equal([p.name for p in Path(kept).iterdir()], ["f"], "folders")
        one = report["scenarios"][0]
        files = sorted(str(p.relative_to(kept)) for p in Path(kept).rglob("*") if p.is_file())
        equal(one["artifacts"], files, "what the report names")
        # A simulated network is captured as one, where it is; sockets are each their party's.
        captures = [f for f in files if f == "f/network.pcap"] if options else ["f/caller.pcap", "f/ivr.pcap"]
        equal(files, sorted(["f/caller-1.wav", "f/ivr-1.wav", "f/log.txt", *captures]), "files")
        for party in one["parties"]:
            port = party["address"].rsplit(":", 1)[1]
            for capture in (f"{kept}/{c}" for c in captures if c in ("f/network.pcap", f"f/{party['name']}.pcap")):
                methods = {m for m, in packets(capture, port, "sip.Method", "sip.Method")}
                check({"INVITE", "ACK", "BYE"} <= methods, f"requests in {capture}: {methods}")
                check(len(packets(capture, port, "rtp", "rtp.seq")) > 20, f"RTP in {capture}")
                check(packets(capture, port, "rtpevent", "rtpevent.event_id"), f"digits in {capture}")
            wav = f"{kept}/f/{party['name']}-1.wav"
            seconds = float(run(["soxi", "-D", wav], timeout=30).stdout)
            lasted = party["calls"][0]["duration_ms"] / 1000
            between(seconds, lasted - 0.5, lasted + 0.5, f"seconds of {wav}")
        log = Path(f"{kept}/f/log.txt").read_text()
        check(log.startswith("f.yaml:7: ivr: expect_dtmf: media: expected the digits 12, seen the digits 13\n"), log[:300])
        check("INVITE sip:ivr@" in log, "messages in the log")
    write("f.yaml", FAILS.replace('digits: "12"', 'digits: "13"').replace("20s}\n", "20s}\n    - hangup\n"))
    played("f.yaml", "--artifacts", "none", "--simulate")
    equal(list(Path("none").iterdir()) if Path("none").exists() else [], [], "what is kept of one that passes")


@case(timeout=240)
def artifacts_of_many():
    """Files of one name and rows of a table get folders of their own, whatever they are called."""
    for folder in ("a", "b", "c"):
        write(f"{folder}/f.yaml", FAILS.replace("Another", f"{folder}, another"))
    write("a/.. %2f ä.yaml", FAILS)
    write("v.csv", "X\n1\n2\n")
    played("a", "b", "c", "--vars-csv", "v.csv", "--simulate", "--jobs", 3, "--artifacts", "kept", "--json", "r.json", code=1)
    folders = {str(Path(s["artifacts"][0]).parent) for s in shape("r.json")["scenarios"]}
    equal(len(folders), 8, f"folders: {folders}")
    equal({p.name for p in Path("kept").iterdir()}, folders, "folders in place")


@case(timeout=120)
def schema_of_all():
    """The shipped scenarios are good by the schema that ships with them, and by `check`."""
    try:
        import jsonschema
        import yaml
    except ImportError as e:
        raise Skip(f"no Python package {e.name}") from None

    class Yaml12(yaml.SafeLoader):
        """What editors use: `on` is a word."""
    Yaml12.yaml_implicit_resolvers = {k: [r for r in v if k not in "oOyYnN" or r[0] != "tag:yaml.org,2002:bool"]
                                      for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    validator = jsonschema.Draft202012Validator(json.loads(run([BINARY, "schema"], timeout=60).stdout))
    files = sorted((SOURCE / "scenarios").glob("*.yaml"))
    check(len(files) > 20 and SAMPLES.is_dir(), f"scenarios: {files}")
    for file in files:
        content = yaml.load(file.read_text(), Yaml12)
        equal([e.message for e in validator.iter_errors(content)], [], f"mistakes in {file.name}")
        content["parties"][next(iter(content["parties"]))] = [{"expect_cal": {}}]
        check(list(validator.iter_errors(content)), f"the schema takes an unknown step in {file.name}")
    equal(run([BINARY, "check", SOURCE / "scenarios"], timeout=60).returncode, 0, "check")


if __name__ == "__main__":
    run_cases()
