#!/usr/bin/env python3
"""Reports of the sample run, held against readers that are not ours: Chromium for the page, xmllint for JUnit."""
import base64
import hashlib
import os
import re
from pathlib import Path

from browser import Browser
from harness import SOURCE, case, check, equal, run, run_cases

SAMPLE = os.environ.get("SIPVOICE_REPORT_SAMPLE", str(SOURCE / "build/dev/tests/report_sample"))
# Every scenario open, as a person would do it with the button.
OPEN_ALL = "document.getElementById('open-all').click()"
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOWN = "[...document.querySelectorAll('.panel .text')].filter(e => e.checkVisibility()).map(e => e.id)"


def write(kind, *more):
    done = run([SAMPLE, kind, *more], timeout=60)
    equal(done.returncode, 0, f"exit code, with {done.stderr}")
    path = Path(f"sample.{kind}")
    path.write_text(done.stdout)
    return path


def is_quiet(browser):
    equal(browser.console, [], "what the console says")
    elsewhere = [url for url in browser.requests if not url.startswith(("file:", "data:,", "about:blank"))]
    equal(elsewhere, [], "requests to the network")


@case(needs=("xmllint",))
def junit_is_valid():
    done = run(["xmllint", "--noout", "--schema", SOURCE / "tests/report/junit.xsd", write("junit")], timeout=30)
    equal(done.returncode, 0, f"xmllint: {done.stderr}")


@case()
def policy_knows_style_and_script():
    """A digest that is not that of the text would leave the page without looks: this names the right one."""
    page = write("html").read_text()
    for name in ("style", "script"):
        text = re.search(rf"<{name}>(.*?)</{name}>", page, re.S).group(1)
        digest = "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        stands = re.search(rf"{name}-src '([^']*)'", page).group(1)
        equal(stands, digest, f"digest of lib/sipvoice/report/page_{name}.cpp")


@case(timeout=500, needs=("chromium",))
def opens_everywhere():
    """Wide and narrow, light and dark: nothing sticks out, nothing is asked for, nothing of a peer runs."""
    page = write("html")
    browser = Browser()
    colours = set()
    for width, height, touch in ((1280, 900, False), (390, 844, True)):
        browser.resize(width, height, touch)
        for dark in (False, True):
            browser.prefer(dark)
            browser.open(page)
            browser.evaluate(OPEN_ALL)
            equal(browser.evaluate(STICKS_OUT), 0, f"pixels past the window, {width} px wide")
            equal(browser.evaluate("""[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() &&
                !e.closest('svg svg, .ladder, .cursor, use, defs') && e.getBoundingClientRect().right > innerWidth + 1 &&
                e.tagName !== 'use').map(e => e.tagName + '.' + e.getAttribute('class'))"""), [], f"past {width} px")
            colours.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
            browser.photograph(f"page-{width}-{'dark' if dark else 'light'}.png")
            check(Path(f"page-{width}-{'dark' if dark else 'light'}.png").stat().st_size > 50_000, "an empty picture")
    equal(len(colours), 2, f"colours of the ground, {colours}")
    equal(browser.evaluate("document.title"), "4 failed: scenario run", "title")
    equal(browser.evaluate("document.querySelectorAll('script').length"), 1, "scripts")
    equal(browser.evaluate("document.querySelectorAll('[onload]').length"), 0, "attributes of a peer")
    check(browser.evaluate("document.getElementById('s8-m1').textContent.includes('<script>')"), "the text of a peer")
    is_quiet(browser)


@case(timeout=300, needs=("chromium",))
def a_message_is_shown():
    """By a click, by the keyboard, by the address."""
    page = write("html")
    browser = Browser()
    browser.open(page)
    equal(browser.evaluate(SHOWN), [], "at first")
    browser.click("#s2-m3-arrow .hit")
    equal(browser.evaluate(SHOWN), ["s2-m3"], "after a click")
    check(browser.evaluate("document.getElementById('s2-m3').innerText").startswith("486 Busy Here (INVITE)"), "its text")
    equal(browser.evaluate("location.hash"), "#s2-m3", "address")
    browser.evaluate("document.getElementById('s2-m3-arrow').focus()")
    for key, shown in (("ArrowDown", ["s2-m4"]), ("ArrowUp", ["s2-m3"]), ("ArrowUp", ["s2-m2"]), ("Escape", []),
                       ("Tab", []), ("Enter", ["s2-m3"])):
        browser.press(key)
        equal(browser.evaluate(SHOWN), shown, f"after {key}")
    equal(browser.evaluate("document.querySelectorAll('[aria-current]').length"), 1, "marked arrows")
    browser.click("#s2 .close")
    equal(browser.evaluate(SHOWN), [], "after Close")
    browser.open(page, "#s1-m4")
    equal(browser.evaluate("document.getElementById('s1').open"), True, "the scenario of the address")
    equal(browser.evaluate(SHOWN), ["s1-m4"], "by the address")
    check(browser.evaluate("document.getElementById('s1-m4').textContent.includes('SIP/2.0 200 OK')"), "its text")
    browser.click(".count.failed")
    equal(browser.evaluate("[...document.querySelectorAll('.overview tbody tr')].filter(e => e.checkVisibility()).length"),
          4, "rows of what failed")
    is_quiet(browser)


@case(timeout=300, needs=("chromium",))
def reads_without_scripts():
    page = write("html")
    browser = Browser()
    browser.scripts(False)
    browser.open(page, "#s2-m3", ready=False)
    browser.until("document.querySelector('#s2-m3')?.checkVisibility()")
    equal(browser.evaluate(SHOWN), ["s2-m3"], "by the address alone")
    equal(browser.evaluate("document.querySelector('.tools').checkVisibility()"), False, "buttons that would do nothing")


@case(timeout=500, needs=("chromium",))
def an_endless_run_opens():
    page = write("html", "endless")
    check(page.stat().st_size < 20_000_000, f"{page.stat().st_size} bytes")
    browser = Browser()
    browser.open(page)
    browser.evaluate(OPEN_ALL)
    equal(browser.evaluate(STICKS_OUT), 0, "pixels past the window")
    is_quiet(browser)


if __name__ == "__main__":
    run_cases()
