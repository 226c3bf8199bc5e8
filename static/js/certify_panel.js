// The certify page beside its keys: the flags and the reference in the head, what is missing, the list of the current
// component, and the room that the decision has.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  if (!form) return;
  const choices = [...form.querySelectorAll("[data-component], [data-trackermap]")];
  const missing = form.querySelector("[data-missing]");
  const root = document.documentElement;

  const titleOf = (choice) => choice.querySelector("legend").textContent;

  function showFlags() {
    document.querySelectorAll("[data-head-flag]").forEach((mark) => {
      const flag = form.querySelector(`[name="${mark.dataset.headFlag}"]:checked`)?.value;
      mark.className = `flag is-${flag ?? "none"}`;
      mark.querySelector("[data-head-word]").textContent = flag ?? "not set";
    });
  }

  function showReference() {
    const chosen = form.elements.reference_runreconstruction.selectedOptions[0];
    document.querySelector("[data-head-reference]").textContent = chosen?.text.split(" ")[0] || "none";
  }

  const missingLink = (id, title) => {
    const link = document.createElement("a");
    link.href = `#${id}`;
    link.textContent = title;
    return link;
  };

  // Facts that have to be typed: marked in their labels, unless the run type makes them unnecessary.
  // The mark goes once the input is filled.
  const emptyFactLabels = () => [...form.querySelectorAll("label:has([data-required])")].filter((label) => {
    const mark = label.querySelector("[data-required]");
    mark.hidden = Boolean(form.querySelector(`#${label.htmlFor}`).value);
    return getComputedStyle(mark).display !== "none";
  });

  const untickedChecklists = () => [...form.querySelectorAll("input[name^=checklist_]:not(:checked)")];

  // A question that is confirmed now is no longer listed; the next live check says the same.
  function removeConfirmed() {
    form.querySelectorAll("#live-checks a[href^='#confirm_']").forEach((link) => {
      if (form.querySelector(link.hash)?.checked) link.closest("li").remove();
    });
    const list = form.querySelector("#live-checks");
    if (!list.querySelector("li")) list.replaceChildren();
  }

  let unmarked = ""; // the selection on the timeline for which a save has waited (timeline_selection.js)

  function showMissing() {
    const links = [
      ...(unmarked ? [missingLink("lumisections", unmarked)] : []),
      ...emptyFactLabels().map((label) => missingLink(label.htmlFor, label.firstChild.textContent.trim())),
      ...untickedChecklists().map((box) => missingLink(box.id, box.closest("label").dataset.title)),
      ...choices.filter((choice) => !choice.querySelector("input[type=radio]:checked")).map((choice) => missingLink(choice.id, titleOf(choice))),
    ];
    const label = document.createElement("strong");
    label.textContent = "Before it can be saved: ";
    missing.replaceChildren(...(links.length ? [label, ...links.flatMap((link, at) => (at ? [" · ", link] : [link]))] : []));
  }

  function showList(name) {
    form.querySelectorAll("[data-checklist-of]").forEach((place) => place.toggleAttribute("data-current", place.dataset.checklistOf === name));
    document.querySelectorAll("[data-head-flag]").forEach((mark) => mark.toggleAttribute("data-current", mark.dataset.headFlag === name));
  }

  // The decision ends above the lower edge of the window, whatever is above it; the page ends above a bottom panel.
  const decision = form.querySelector("[data-decision]");
  const bottomPanel = form.querySelector("[data-bottom-panel]");
  const head = document.querySelector("[data-certify-head]");
  function fit() {
    const stuckTop = head.offsetHeight + 8;
    root.style.setProperty("--head-bottom", `${head.offsetHeight}px`);
    root.style.setProperty("--decision-top", `${Math.max(stuckTop, decision.getBoundingClientRect().top)}px`);
    root.style.setProperty("--bottom-panel-height", `${getComputedStyle(bottomPanel).position === "fixed" ? bottomPanel.offsetHeight : 0}px`);
  }

  form.addEventListener("current", (event) => showList(event.detail));
  form.addEventListener("change", () => { showFlags(); showReference(); showMissing(); removeConfirmed(); });
  form.addEventListener("input", showMissing);
  form.addEventListener("unmarked", ({ detail }) => {
    if (detail === unmarked) return;
    unmarked = detail;
    showMissing();
  });
  document.addEventListener("htmx:afterSwap", showMissing);
  // A list that grows above the buttons does not cover the field with the focus. After a refused save, while its notice
  // has the focus, that is the first field with an error.
  function firstRefused() {
    if (!document.activeElement.matches("[data-errors]")) return null;
    const fields = [...document.activeElement.querySelectorAll("a[href^='#']")].map((link) => document.getElementById(link.hash.slice(1)));
    return fields.find((field) => body.contains(field));
  }

  const body = form.querySelector(".decision-body");
  new ResizeObserver(() => {
    const field = body.contains(document.activeElement) ? document.activeElement : firstRefused();
    field?.scrollIntoView({ block: "nearest" });
  }).observe(form.querySelector("[data-foot]"));

  // A link to an input leaves the address as it was.
  window.addEventListener("hashchange", () => history.replaceState(history.state, "", location.pathname + location.search));

  function fitFromNow() {
    fit();
    window.addEventListener("scroll", fit, { passive: true });
    window.addEventListener("resize", fit);
    [bottomPanel, document.querySelector(".certify-notes")].forEach((part) => new ResizeObserver(fit).observe(part));
  }

  showFlags();
  showReference();
  showMissing();
  // Measuring makes the browser lay the page out, so it begins in the first frame after all scripts: no key waits for it.
  // A form with errors is measured at once, too, since certify.js scrolls to them.
  document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(fitFromNow));
  if (document.querySelector("[data-errors]")) fit();
})();
