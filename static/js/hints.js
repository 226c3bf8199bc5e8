// What the form would meet, said while one decides: the form is sent as it is, nothing is saved, and the rules stay on
// the server. Only what has changed is put on the page, so that focus, ticks and what is unfolded stay.
(() => {
  "use strict";
  const hints = document.querySelector("[data-hints]");
  const form = hints?.closest("form");
  if (!form) return;
  const QUIET_MS = 400;
  let waiting = null;

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.trigger(hints, "hint"), QUIET_MS);
  }

  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  // A tick and an unfolded part belong to what they were made for: they stay while its words do.
  function keepTicks(from, to) {
    to.querySelectorAll("input[type=checkbox]").forEach((box) => {
      const before = from.querySelector(`#${box.id}`);
      const wasSentTicked = box.checked;
      box.checked = Boolean(before?.checked) && words(before.closest("label")) === words(box.closest("label"));
      if (wasSentTicked && !box.checked) later(); // it was confirmed in other words: it stands in the way again
    });
    const [before, after] = [from, to].map((one) => one.querySelector("details"));
    const wasAsked = Boolean(from.querySelector("input"));
    if (before && after) after.open = before.open || (after.open && !wasAsked);
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (!form.contains(target)) return;
    if (words(target) === words(fragment)) event.detail.shouldSwap = false;
    else keepTicks(target, fragment);
  });

  function stop() {
    clearTimeout(waiting);
    htmx.trigger(hints, "htmx:abort");
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", stop);
})();
