// The timeline of lumisections: the pointer and the arrow keys name a lumisection and its values, read from the table below
// it. On the certify page the timeline is loaded again once all flags are set, with the flags of Run Registry.
(() => {
  "use strict";
  const KEYS = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 1, End: (_, last) => last };

  const partsOf = (timeline) => [...timeline.querySelectorAll("[data-first]")];
  const holds = (text, number) => {
    const [first, last = first] = text.split("–").map(Number);
    return first <= number && number <= last;
  };
  const textsOf = (row) => [...row.cells].map((cell) => cell.textContent);
  const rowsOf = (panel, name) => [...(panel.querySelector(`[data-timeline-${name}] tbody`)?.rows ?? [])].map(textsOf);

  const list = (word, labels) => (labels.length ? [`${word}: ${labels.join(", ")}`] : []);

  // "off: BPIX, FPIX", "the others on"; one word where all bits are equal.
  function bitsOf(row, labels) {
    const [on, off, unknown] = ["on", "off", "?"].map((word) => labels.filter((_, at) => row[at + 1] === word));
    for (const [word, found] of [["on", on], ["off", off], ["unknown", unknown]]) {
      if (found.length === labels.length) return [`all ${word}`];
    }
    return [...list("off", off), ...list("unknown", unknown), ...(on.length ? ["the others on"] : [])];
  }

  function valuesOf(panel, number) {
    const row = rowsOf(panel, "segments").find(([span]) => holds(span, number));
    if (!row) return ["no row in OMS"];
    const labels = textsOf(panel.querySelector("[data-timeline-segments] thead tr")).slice(1, -1);
    const lumi = row.at(-1) && `${row.at(-1)} /pb${row[0].includes("–") ? ` in LS ${row[0]} together` : ""}`;
    return [...bitsOf(row, labels), ...(lumi ? [lumi] : [])];
  }

  // "bad" and the components in whose ranges it is.
  const badOf = (panel, number) => list("bad", rowsOf(panel, "bad").filter(([, span]) => holds(span, number)).map(([label]) => label));

  // "RR GOOD" and the labels of its columns.
  function flagsOf(panel, number) {
    const byFlag = new Map();
    for (const [component, span, flag] of rowsOf(panel, "statuses")) {
      if (holds(span, number)) byFlag.set(flag, [...(byFlag.get(flag) ?? []), component]);
    }
    return [...byFlag].flatMap(([flag, components]) => list(`RR ${flag}`, components));
  }

  function show(timeline, wanted) {
    const number = Math.min(wanted, partsOf(timeline).at(-1).dataset.last); // a later reading may have fewer
    if (timeline.dataset.at === String(number)) return;
    timeline.dataset.at = number;
    const panel = timeline.closest("[data-lumisections]");
    const texts = [`LS ${number}`, ...valuesOf(panel, number), ...badOf(panel, number), ...flagsOf(panel, number)];
    // The text of a selection stays (timeline_selection.js).
    if (!timeline.hasAttribute("data-selected")) panel.querySelector("[data-timeline-line]").textContent = texts.join(" · ");
    const { first, last, x, width } = partsOf(timeline).find((part) => number <= Number(part.dataset.last)).dataset;
    const place = `${Number(x) + ((number - first + 0.5) / (last - first + 1)) * width}%`;
    const cursor = timeline.querySelector("[data-timeline-cursor]");
    cursor.setAttribute("x1", place);
    cursor.setAttribute("x2", place);
    cursor.setAttribute("visibility", "visible");
  }

  function numberAt(timeline, x) {
    for (const part of partsOf(timeline)) {
      const { left, right, width } = part.getBoundingClientRect();
      const [first, last] = [Number(part.dataset.first), Number(part.dataset.last)];
      if (left <= x && x <= right) return Math.min(last, first + Math.floor(((x - left) / width) * (last - first + 1)));
    }
    return null;
  }

  // For the selection on the certify page.
  window.timelines = { partsOf, show, numberAt };

  const timelineOf = (event) => event.target.closest?.("[data-timeline]");

  for (const name of ["pointermove", "pointerdown"]) {
    document.addEventListener(name, (event) => {
      const timeline = timelineOf(event);
      const number = timeline && numberAt(timeline, event.clientX);
      if (number) show(timeline, number);
    }, { passive: true });
  }

  document.addEventListener("keydown", (event) => {
    const timeline = timelineOf(event);
    if (!timeline || !(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const last = Number(partsOf(timeline).at(-1).dataset.last);
    const next = timeline.dataset.at ? KEYS[event.key](Number(timeline.dataset.at), last) : event.key === "End" ? last : 1;
    show(timeline, Math.min(Math.max(next, 1), last));
  });

  // The fragment: what went wrong is said in its place, and the rest of the page is not touched by it.
  const panelIn = (event) => event.target.closest?.("[data-lumisections]");

  function showProblem(event, text) {
    const panel = panelIn(event);
    if (!panel) return;
    const state = panel.querySelector(".lumisections-wait, .lumisections-state");
    if (state) state.textContent = text;
    panel.removeAttribute("aria-busy");
  }

  // Once the session has ended, a part that is loaded by itself must not take the page and what is typed to the sign-in.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const isPart = requestConfig.verb === "get" && event.target.closest?.("[data-certify], [data-lumisections]");
    if (!isPart || !xhr.getResponseHeader("HX-Redirect")) return;
    event.preventDefault();
    showProblem(event, "The lumisections are not shown: you are signed out.");
  });

  document.addEventListener("htmx:afterSwap", (event) => panelIn(event)?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:responseError", (event) => showProblem(event, `The lumisections are not shown: the server answered with an error (${event.detail.xhr.status}).`));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => showProblem(event, "The lumisections are not shown: the server did not answer."));
  }

  // The certify page: another dataset, or the last flag.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-certify]");
    const panel = form?.querySelector("[data-lumisections][data-flags]");
    if (!panel) return;
    const isJudged = panel.dataset.flags.split(" ").every((flag) => form.querySelector(`[name="${flag}"]:checked`));
    if (event.target.name !== "dataset" && (!isJudged || "judged" in panel.dataset)) return;
    if (isJudged) panel.dataset.judged = "";
    htmx.trigger(panel, "judged");
  });
})();
