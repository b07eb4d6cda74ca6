// The looks of the page: light and dark, from a phone to a wide screen. No font, picture or import
// comes from anywhere. Who edits the text puts its new digest below (a test names it).
#include "sipvoice/report/page_parts.hpp"

namespace sipvoice::report {

std::string_view page_style_digest() {
  return "sha256-KNGFSDaqRoJ9NN1cJ4aqPFHVHopocD2NPqXPPaQQYo0=";
}

std::string_view page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --ink: #1c2127; --soft: #5c6773; --line: #dde1e6;
  --hover: #eef2f9; --accent: #2b5fd9; --sunk: #f7f8fa;
  --passed: #1a7f4e; --failed: #c9302c; --flaky: #96600a; --skipped: #67727e;
  --passed-back: #e3f4ea; --failed-back: #fdeaea; --flaky-back: #fbf0d9; --skipped-back: #eceff2;
  --sent: #5a55c8; --heard: #0c7c8c; --reference: #9a6a00; --jitter: #2b5fd9;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1215; --card: #171b20; --ink: #e4e8ec; --soft: #97a3b0; --line: #2b323a;
    --hover: #1f2731; --accent: #82aaff; --sunk: #12161a;
    --passed: #4fc78b; --failed: #ff7f79; --flaky: #e6b450; --skipped: #93a0ad;
    --passed-back: #14301f; --failed-back: #3a1a1b; --flaky-back: #352a12; --skipped-back: #242a31;
    --sent: #a29dff; --heard: #4bc4d3; --reference: #e0b04c; --jitter: #82aaff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h3 { font-size: 15px; margin: 26px 0 8px; }
h4 { font-size: 13px; margin: 18px 0 4px; overflow-wrap: anywhere; }
h4 small, .about, small { color: var(--soft); font-weight: normal; font-size: 12px; }
code, pre { font-family: var(--mono); font-size: 12.5px; }
a { color: var(--accent); }
svg { display: block; width: 100%; overflow: hidden; }
svg text { font-size: 11.5px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.shapes { position: absolute; width: 0; height: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
button {
  font: inherit; font-size: 13px; color: var(--ink); background: var(--card); cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px;
}
button:hover { background: var(--hover); }

.fact { display: inline-block; margin-right: 12px; color: var(--ink); overflow-wrap: anywhere; }
.fact b { font-weight: normal; color: var(--soft); }
.about { margin: 0 0 16px; font-size: 13px; }
.left-out, .note, .hint { color: var(--soft); margin: 6px 0; font-size: 13px; }
.verdict {
  display: inline-block; min-width: 70px; padding: 1px 8px; border-radius: 4px; text-align: center;
  font-size: 12px; font-weight: 600;
}
.verdict.passed { color: var(--passed); background: var(--passed-back); }
.verdict.failed { color: var(--failed); background: var(--failed-back); }
.verdict.flaky { color: var(--flaky); background: var(--flaky-back); }
.verdict.skipped { color: var(--skipped); background: var(--skipped-back); }

.counts { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 10px; }
.count { padding: 10px 14px; text-align: left; border-radius: 8px; color: var(--soft); }
.count b { display: block; font-size: 24px; line-height: 1.15; font-variant-numeric: tabular-nums; }
.count.passed b { color: var(--passed); } .count.failed b { color: var(--failed); }
.count.flaky b { color: var(--flaky); } .count.skipped b { color: var(--skipped); }
.count.none, .count.none b { color: var(--soft); cursor: default; background: none; }
.count[aria-pressed=true] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.proportion { margin: 12px 0 22px; border-radius: 4px; background: var(--line); }
rect.passed { fill: var(--passed); } rect.failed { fill: var(--failed); }
rect.flaky { fill: var(--flaky); } rect.skipped { fill: var(--skipped); opacity: .5; }

.overview {
  width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
}
.overview th { text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); }
.overview th, .overview td { padding: 8px 14px; vertical-align: baseline; }
.overview td { border-top: 1px solid var(--line); }
.overview td:first-child, .overview th:first-child { width: 94px; }
.overview .took { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; width: 100px; }
.overview .name { overflow-wrap: anywhere; }
.overview .name a { color: inherit; text-decoration: none; font-weight: 500; }
.overview .name a:hover { color: var(--accent); text-decoration: underline; }
.overview .file { color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; width: 30%; }
.overview tr[hidden] { display: none; }
.why { display: block; color: var(--soft); font-size: 12.5px; }
.why b { color: var(--failed); font-weight: 600; }
.tools { margin: 22px 0 10px; }
html:not(.js) .tools { display: none; }

.scenario {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 10px 0;
  padding: 0 18px;
}
.scenario[open] { padding-bottom: 22px; }
summary {
  display: flex; gap: 12px; align-items: baseline; padding: 11px 18px; margin: 0 -18px;
  cursor: pointer; list-style: none; border-radius: 8px;
}
summary::-webkit-details-marker { display: none; }
summary::before { content: "\25B8"; color: var(--soft); width: 10px; }
[open] > summary::before { content: "\25BE"; }
summary:hover { background: var(--hover); }
summary .name { font-weight: 600; overflow-wrap: anywhere; }
summary .where { color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; max-width: 40%; }
summary .took { margin-left: auto; white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); }
.failure {
  display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 8px 0 0;
  padding: 12px 16px; border-radius: 6px; background: var(--failed-back);
  border-left: 3px solid var(--failed);
}
.failure.flaky { background: var(--flaky-back); border-left-color: var(--flaky); }
.failure dt { color: var(--soft); }
.failure dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.failure dd b { color: var(--failed); } .failure.flaky dd b { color: var(--flaky); }

.plot { position: relative; }
.plot > h3:first-child { margin-bottom: 0; }
.row {
  display: grid; grid-template-columns: 330px minmax(0, 1fr); gap: 0 18px; align-items: center;
  overflow: clip;
}
.track { overflow: visible; }
.row + .row { border-top: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
.row.axis {
  position: sticky; top: 0; z-index: 2; background: var(--card); border-bottom: 1px solid var(--line);
}
.row.axis .label { color: var(--soft); font-size: 12px; justify-content: flex-end; }
.label { display: flex; gap: 8px; align-items: baseline; min-width: 0; padding: 3px 0; }
.label .what { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.label .detail, .label .facts, p.facts { color: var(--soft); font-size: 12.5px; }
.label .facts { display: block; }
p.facts { margin: 0 0 6px; }
.label .line { color: var(--soft); font: 11.5px var(--mono); }
.label .line::before { content: ":"; }
.label.d1 { padding-left: 14px; } .label.d2 { padding-left: 28px; }
.label.d3 { padding-left: 42px; } .label.d4 { padding-left: 56px; }
.sign { width: 12px; text-align: center; color: var(--soft); font-size: 12px; }
.step.passed .sign { color: var(--passed); } .step.failed .sign { color: var(--failed); }
.step.failed code { color: var(--failed); font-weight: 600; }
.step.not_run { opacity: .6; }
.grid { stroke: var(--line); }
.marks { overflow: visible; }
.marks .mark { text-anchor: middle; } .marks .last { text-anchor: end; }
.bar { fill: var(--skipped); stroke: var(--skipped); stroke-width: 2; }
.passed .bar { fill: var(--passed); stroke: var(--passed); }
.failed .bar { fill: var(--failed); stroke: var(--failed); }
.before { text-anchor: end; }

.call { margin-top: 22px; }
.call h4 { margin-bottom: 2px; }
rect.call { fill: var(--accent); } rect.call.ringing { opacity: .45; }
.zero { stroke: var(--line); }
.wave { stroke-width: .75; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.wave.sent { fill: var(--sent); stroke: var(--sent); }
.wave.heard { fill: var(--heard); stroke: var(--heard); }
.wave.reference { fill: var(--reference); stroke: var(--reference); }
.begins { stroke: var(--reference); stroke-dasharray: 3 3; }
.missed .wave.reference { opacity: .45; }
.found .verdict, .missed .verdict { all: unset; font-weight: 600; color: var(--passed); }
.missed .verdict { color: var(--failed); }
.digit circle { fill: var(--card); stroke: var(--heard); stroke-width: 1.5; }
.digit.sent circle { stroke: var(--sent); }
.digit text { text-anchor: middle; fill: var(--ink); font-weight: 600; }
.jitter { fill: none; stroke: var(--jitter); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.lost { fill: var(--failed); opacity: .75; }
.cursor { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--accent); pointer-events: none; z-index: 3; }
.cursor span {
  position: sticky; top: 2px; display: inline-block; transform: translateX(-50%); padding: 0 5px; border-radius: 3px;
  background: var(--accent); color: var(--card); font-size: 11.5px; white-space: nowrap;
}

.two { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 18px; align-items: start; }
.ladder, .panel { border: 1px solid var(--line); border-radius: 6px; background: var(--sunk); }
.ladder { max-height: 70vh; overflow: auto; }
.heads { position: sticky; top: 0; z-index: 1; background: var(--card); border-bottom: 1px solid var(--line); }
.heads text { text-anchor: middle; fill: var(--ink); font-weight: 600; font-size: 12.5px; }
.life { stroke: var(--line); stroke-width: 1.5; }
.message line { stroke: currentColor; stroke-width: 1.5; }
.message use { fill: currentColor; }
.message.again line { stroke-dasharray: 3 3; }
.message .title {
  text-anchor: middle; fill: currentColor; font-size: 12px; font-weight: 500;
  paint-order: stroke; stroke: var(--sunk); stroke-width: 4px; stroke-linejoin: round;
}
.message .hit { fill: transparent; }
.message:hover .hit, .message[aria-current=true] .hit { fill: var(--hover); }
.message[aria-current=true] .title { font-weight: 700; stroke: var(--hover); }
.message:focus-visible { outline: none; }
.message:focus-visible .hit { stroke: var(--accent); stroke-width: 2; }
.message.request { color: var(--accent); } .message.provisional { color: var(--soft); }
.message.success { color: var(--passed); } .message.redirection { color: var(--flaky); }
.message.refusal { color: var(--failed); } .message.other { color: var(--ink); }
.panel { position: sticky; top: 10px; max-height: 70vh; overflow: auto; padding: 10px 14px; }
.panel .text { display: none; }
.panel .text:target, .panel .text.shown { display: block; }
.js .panel .text:target:not(.shown) { display: none; }
.panel.open .hint { display: none; }
.panel h5 { font-size: 13.5px; margin: 0; padding-right: 60px; overflow-wrap: anywhere; }
.panel p { margin: 0 0 8px; color: var(--soft); font-size: 12.5px; }
.panel pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; }
.panel .close { position: sticky; top: 0; float: right; padding: 1px 10px; }
.text:focus { outline: none; }
.c4 { min-width: 480px; } .c5 { min-width: 600px; } .c6 { min-width: 720px; } .c7 { min-width: 840px; }
.c8 { min-width: 960px; } .c9, .c10, .c11, .c12 { min-width: 1440px; }
.c13, .c14, .c15, .c16, .c17, .c18, .c19, .c20, .c21, .c22, .c23, .c24 { min-width: 2880px; }

.log, .files { margin: 0; padding: 0; list-style: none; font-size: 13px; }
.log li { padding: 3px 0; overflow-wrap: anywhere; border-top: 1px solid var(--line); }
.log li:first-child { border-top: 0; }
.log .time { display: inline-block; min-width: 56px; color: var(--soft); font-variant-numeric: tabular-nums; }

@media (max-width: 760px) {
  main { padding: 18px 12px 40px; }
  .counts { gap: 6px; }
  .count { padding: 8px 10px; font-size: 12px; } .count b { font-size: 20px; }
  .overview thead { display: none; }
  .overview, .overview tbody { display: block; }
  .overview tr { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px 10px; padding: 9px 12px; border-top: 1px solid var(--line); }
  .overview tr:first-child { border-top: 0; }
  .overview td { display: block; border: 0; padding: 0; }
  .overview td:first-child, .overview .took, .overview .file { width: auto; }
  .overview .name { grid-column: 1 / -1; grid-row: 2; }
  .overview .took { grid-column: 3; grid-row: 1; }
  .overview .file { grid-column: 1 / -1; grid-row: 3; }
  .scenario { padding: 0 12px; }
  summary { flex-wrap: wrap; gap: 4px 10px; margin: 0 -12px; padding: 10px 12px; }
  summary .name { flex-basis: 100%; order: 3; } summary .where { flex-basis: 100%; max-width: none; order: 4; }
  .failure { grid-template-columns: minmax(0, 1fr); gap: 0; padding: 10px 12px; }
  .failure dd { margin-bottom: 6px; }
  .row { grid-template-columns: minmax(0, 1fr); padding-bottom: 4px; }
  .row .label { position: relative; background: var(--card); }
  .step.not_run .track { display: none; }
  .row.axis { padding-bottom: 0; } .row.axis .label { display: none; }
  .marks .odd { display: none; }
  .two { grid-template-columns: minmax(0, 1fr); }
  .js .panel { position: static; }
  .js .panel:not(.open) { padding: 4px 14px; }
  .js .panel.open {
    position: fixed; left: 0; right: 0; bottom: 0; top: auto; z-index: 5; max-height: 55vh;
    border-radius: 10px 10px 0 0; background: var(--card); box-shadow: 0 -6px 24px rgb(0 0 0 / .25);
  }
}
@media print {
  .tools, .cursor { display: none; }
  .ladder, .panel { max-height: none; }
}
)css";
}

}  // namespace sipvoice::report
