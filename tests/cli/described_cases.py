#!/usr/bin/env python3
"""The manual and the completions: they say what the help says, and shells and man take them."""
import re
from pathlib import Path

from harness import BINARY, case, check, equal, run, run_cases

SHELLS = ("bash", "zsh", "fish")


def said(*arguments):
    done = run([BINARY, *arguments], timeout=20)
    equal(done.returncode, 0, f"exit code of {arguments}: {done.stderr}")
    return done.stdout


def commands():
    """By the help."""
    listed = said("--help").partition("Subcommands:")[2]
    return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)


def long_options(command):
    """By the help: what stands first in a line."""
    firsts = re.findall(r"^  (-\S+)", said(command, "--help"), re.MULTILINE)
    return {re.match(r"--[a-z0-9-]+", name)[0] for first in firsts for name in first.split(",") if name.startswith("--")}


def plain(page):
    """What a reader of the page sees."""
    return page.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\e", "\\")


@case(needs=["groff"])
def manual():
    """Every command has a page with each of its options, and groff finds no fault in any."""
    names = commands()
    check(len(names) >= 10, f"commands: {names}")
    program = plain(said("manual"))
    for name in names:
        check(f"sipvoice-{name}" in program, f"{name} in sipvoice(1)")
        page = said("manual", name)
        missing = [o for o in long_options(name) if o not in plain(page)]
        equal(missing, [], f"options that are not in the page of {name}")
    for arguments in [()] + [(name,) for name in names]:
        Path("page.1").write_text(said("manual", *arguments))
        done = run(["groff", "-man", "-ww", "-Tutf8", "page.1"], timeout=20)
        equal((done.returncode, done.stderr), (0, ""), f"groff on the page {arguments}")
        shown = re.sub(r".\x08", "", done.stdout)  # bold is a letter printed twice
        check("NAME" in shown and "EXIT STATUS" in shown, f"sections of {arguments}")


@case()
def described_badly():
    for arguments, says in ((("completion",), "bash"), (("completion", "tcsh"), "tcsh"), (("manual", "cal"), "cal")):
        done = run([BINARY, *arguments], timeout=20)
        equal((done.returncode, done.stdout), (2, ""), f"{arguments}")
        check(says in done.stderr and len(done.stderr.splitlines()) == 1, f"{arguments}: {done.stderr!r}")


def bash(*words):
    """What bash offers for the last of these words."""
    line = " ".join(f"'{w}'" for w in words)
    program = (f"source completion.bash; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _sipvoice; "
               "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = run(["bash", "--norc", "-uc", program], timeout=20)
    equal((done.returncode, done.stderr), (0, ""), f"bash on {words}")
    return done.stdout.split()


@case()
def completion_of_bash():
    Path("completion.bash").write_text(said("completion", "bash"))
    Path("prompt.wav").write_text("")
    equal(sorted(bash("sipvoice", "")), sorted(commands() + ["--version", "-h", "--help", "--config"]), "first word")
    equal(bash("sipvoice", "ca"), ["call"], "a command")
    for command in commands():
        equal(long_options(command) - set(bash("sipvoice", command, "--")), set(), f"options of {command}")
    equal(bash("sipvoice", "call", "--transp"), ["--transport"], "an option")
    equal(bash("sipvoice", "call", "--transport", ""), ["udp", "tcp", "tls"], "its words")
    equal(bash("sipvoice", "call", "--transport", "=", "t"), ["tcp", "tls"], "the same behind '='")
    equal(bash("sipvoice", "call", "--transport", "="), ["udp", "tcp", "tls"], "and at the '='")
    equal(bash("sipvoice", "answer", "--play", "pro"), ["prompt.wav"], "files")
    equal(bash("sipvoice", "check", "pro"), ["prompt.wav"], "files of check")
    equal(bash("sipvoice", "call", "--timeout", ""), [], "what only the user knows")


@case(needs=["fish"])
def completion_of_fish():
    Path("completion.fish").write_text(said("completion", "fish"))

    def fish(line):
        done = run(["fish", "--no-config", "-c", f"source completion.fish; complete -C '{line}'"], timeout=30)
        equal((done.returncode, done.stderr), (0, ""), f"fish on {line}")
        return [word.split("\t")[0] for word in done.stdout.splitlines()]

    equal(sorted(fish("sipvoice ")), sorted(commands()), "first word")
    for command in commands():
        equal(long_options(command) - set(fish(f"sipvoice {command} --")), set(), f"options of {command}")
    equal(fish("sipvoice call --transport "), ["tcp", "tls", "udp"], "words")
    equal(fish("sipvoice call --timeout "), [], "what only the user knows")


# zsh completes only at a terminal: one of its own, in which TAB is pressed and what comes out is read.
ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
read_until() { local out='' part; while zpty -r -t z part || (( ++tries < 400 )); do
  [[ -n $part ]] && out+=$part && tries=0; part=''; [[ $out == *$1* ]] && break; zselect -t 2; done; print -r -- $out }
zmodload zsh/zselect; typeset -i tries=0
zpty -w z 'PS1=; unsetopt zle_bracketed_paste; fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D; print re""ady'
read_until ready > /dev/null
zpty -w z "zstyle ':completion:*' list-prompt ''; zstyle ':completion:*' select-prompt ''; LISTMAX=9999; print re''ady2"
read_until ready2 > /dev/null
zpty -w -n z $1$'\t'
sleep 1
zpty -w -n z $'\C-a'"print -r -- '["$'\C-e'"]'"$'\r'
read_until ']'
"""


@case(needs=["zsh"], timeout=90)
def completion_of_zsh():
    """zsh reads the script, and an unfinished option is finished by it at a terminal."""
    Path("functions").mkdir()
    Path("functions/_sipvoice").write_text(said("completion", "zsh"))
    done = run(["zsh", "-n", "functions/_sipvoice"], timeout=20)
    equal((done.returncode, done.stderr), (0, ""), "zsh on the script")
    for typed, finished in (("sipvoice answ", "sipvoice answer"), ("sipvoice call --transp", "--transport"),
                            ("sipvoice call --transport=ud", "--transport=udp")):
        done = run(["zsh", "-fc", ZSH, "zsh", typed], timeout=30)
        check(finished in done.stdout, f"{typed}: {done.stdout!r} {done.stderr!r}")


if __name__ == "__main__":
    run_cases()
