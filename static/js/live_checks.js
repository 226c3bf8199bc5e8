// Live validation: after each change the form is posted as it is; the server saves nothing and answers with the errors and
// the confirmations that apply. Unchanged fragments are not swapped, so that focus, checked boxes and open details remain.
(() => {
  "use strict";
  const liveChecks = document.querySelector("[data-live-checks]");
  const form = liveChecks?.closest("form");
  if (!form) return;
  const DEBOUNCE_MS = 400;
  let timer = null;

  function scheduleCheck() {
    clearTimeout(timer);
    timer = setTimeout(() => htmx.trigger(liveChecks, "live-check"), DEBOUNCE_MS);
  }

  const normalizedText = (element) => element.textContent.replace(/\s+/g, " ").trim();

  // A box stays checked only while the text it confirms is the same; an open details element stays open.
  function preserveState(oldFragment, newFragment) {
    newFragment.querySelectorAll("input[type=checkbox]").forEach((box) => {
      const oldBox = oldFragment.querySelector(`#${box.id}`);
      const wasSentChecked = box.checked;
      box.checked = Boolean(oldBox?.checked)
        && normalizedText(oldBox.closest("label")) === normalizedText(box.closest("label"));
      if (wasSentChecked && !box.checked) scheduleCheck(); // confirmed with another text: it has to be confirmed again
    });
    const [oldDetails, newDetails] = [oldFragment, newFragment].map((fragment) => fragment.querySelector("details"));
    const hadConfirmation = Boolean(oldFragment.querySelector("input"));
    if (oldDetails && newDetails) newDetails.open = oldDetails.open || (newDetails.open && !hadConfirmation);
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (!form.contains(target)) return;
    if (normalizedText(target) === normalizedText(fragment)) event.detail.shouldSwap = false;
    else preserveState(target, fragment);
  });

  function cancelCheck() {
    clearTimeout(timer);
    htmx.trigger(liveChecks, "htmx:abort");
  }

  form.addEventListener("input", scheduleCheck);
  form.addEventListener("change", scheduleCheck);
  form.addEventListener("save-not-sent", scheduleCheck);
  window.addEventListener("online", scheduleCheck);
  // Lumisections that were not read yet are compared once the timeline has their flags.
  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const hasFlags = Boolean(target.closest?.("[data-lumisections]")?.querySelector("[data-timeline-flags]"));
    if (hasFlags && form.querySelector("[data-unread]")) scheduleCheck();
  });
  // In the capture phase, before save_offline.js waits for a sign of life of the server: a check that is still under way
  // would be aborted by leaving the page. Input during the wait may start another one, which `pagehide` cancels.
  document.addEventListener("submit", (event) => { if (event.target === form) cancelCheck(); }, true);
  // A form that was refused is checked at once, so that what is still open is listed beside the button.
  if (document.querySelector("[data-errors]")) scheduleCheck();
  window.addEventListener("pagehide", cancelCheck);
})();
