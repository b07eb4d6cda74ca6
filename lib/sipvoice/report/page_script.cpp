// What makes the page handier: a message is shown when its arrow is chosen, arrow keys go from one
// to the next, the address names it, counts filter the table, a line follows the pointer in time.
// Who edits the text puts its new digest below (a test names it).
#include "sipvoice/report/page_parts.hpp"

namespace sipvoice::report {

std::string_view page_script_digest() {
  return "sha256-ofzxJmUgtzYgZTkKOdptuaZu4vw4ldEC6h798SRKlwQ=";
}

std::string_view page_script() {
  return R"js(
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.add("js");

  function hide(panel) {
    panel.classList.remove("open");
    for (const text of all(".text.shown", panel)) text.classList.remove("shown");
    const ladder = panel.parentElement.querySelector(".ladder");
    for (const arrow of all("[aria-current]", ladder)) arrow.removeAttribute("aria-current");
  }

  function show(text) {
    const panel = text.closest(".panel");
    hide(panel);
    text.classList.add("shown");
    panel.classList.add("open");
    panel.scrollTop = 0;
    const arrow = document.getElementById(text.id + "-arrow");
    arrow.setAttribute("aria-current", "true");
    return arrow;
  }

  function follow_address() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    const arrow = target.classList.contains("text") ? show(target) : null;
    (arrow || target).scrollIntoView({block: arrow ? "center" : "start"});
  }

  function choose(arrow) {
    const name = arrow.getAttribute("href");
    show(document.getElementById(name.slice(1)));
    history.replaceState(null, "", name);
  }

  for (const panel of all(".panel")) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "Close";
    close.addEventListener("click", () => hide(panel));
    panel.prepend(close);
    close.hidden = true;
    new MutationObserver(() => { close.hidden = !panel.classList.contains("open"); })
      .observe(panel, {attributes: true, attributeFilter: ["class"]});
  }

  for (const ladder of all(".ladder")) {
    const panel = ladder.parentElement.querySelector(".panel");
    ladder.addEventListener("click", (event) => {
      const arrow = event.target.closest(".message");
      if (!arrow) return;
      event.preventDefault();
      choose(arrow);
    });
    ladder.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide(panel);
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (!step) return;
      const arrows = all(".message", ladder);
      const at = arrows.indexOf(document.activeElement);
      const next = arrows[at < 0 ? 0 : at + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
      choose(next);
    });
  }

  const buttons = all(".count");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const only = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.only;
      for (const b of buttons) b.setAttribute("aria-pressed", String(b.dataset.only === only));
      for (const row of all(".overview tbody tr")) row.hidden = only !== "" && row.dataset.result !== only;
    });
  }
  const open_all = (open) => { for (const d of all("details.scenario")) d.open = open; };
  document.getElementById("open-all").addEventListener("click", () => open_all(true));
  document.getElementById("close-all").addEventListener("click", () => open_all(false));

  for (const plot of all(".plot")) {
    const total = Number(plot.dataset.totalMs);
    const marks = plot.querySelector(".marks");
    const line = document.createElement("div");
    const label = document.createElement("span");
    line.className = "cursor";
    line.hidden = true;
    line.append(label);
    plot.append(line);
    plot.addEventListener("pointermove", (event) => {
      const box = marks.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      line.hidden = event.pointerType === "touch" || share < 0 || share > 1;
      if (line.hidden) return;
      line.style.left = event.clientX - plot.getBoundingClientRect().left + "px";
      label.textContent = (share * total / 1000).toFixed(total < 60000 ? 3 : 1) + " s";
    });
    plot.addEventListener("pointerleave", () => { line.hidden = true; });
  }

  addEventListener("hashchange", follow_address);
  follow_address();
  root.dataset.ready = "yes";
})();
)js";
}

}  // namespace sipvoice::report
