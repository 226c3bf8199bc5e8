// The certify page by keyboard: one table of keys, from which the list of keys and aria-keyshortcuts are made (keys.js).
// g, b and x flag the current component and go on to the next one, then to the tracker map. What a key has done is
// announced. The form dispatches "current" when another component becomes the current one.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  if (!form) return;
  const components = [...form.querySelectorAll("[data-component]")];
  const trackerMap = form.querySelector("[data-trackermap]");
  const steps = [...components, trackerMap];
  const allGoodNote = form.querySelector("[data-all-good-note]");
  const announcements = document.querySelector("[data-announcements]");
  const why = form.querySelector("[data-why]");
  const checkedRadio = (step) => step.querySelector("input[type=radio]:checked");
  const nameOf = (step) => step.dataset.label;
  const isNotGood = (component) => !["good", undefined].includes(checkedRadio(component)?.value);
  const needsReason = (component) => isNotGood(component) || Boolean(component.querySelector("[data-ranges-field]").value.trim());
  const optionName = (radio) => radio.closest("label").querySelector("span").textContent.trim().toLowerCase();

  // After a refused save: the component that is refused, or where one was, after the last flag.
  const isRefused = (component) => component.querySelector(".field-error, [aria-invalid=true]");
  const afterAllFlags = document.querySelector("[data-errors]") ? trackerMap : components[0];
  let current = components.find((component) => !checkedRadio(component)) ?? components.find(isRefused) ?? afterAllFlags;
  // The component flagged last, for "l": the current one is already the next.
  let lastFlagged = null;

  // A live region that gets the text which it has already announces nothing, so it is emptied first.
  function announce(text) {
    announcements.textContent = "";
    requestAnimationFrame(() => { announcements.textContent = text; });
  }

  function setCurrent(step, flagged = null) {
    current = step;
    lastFlagged = flagged;
    steps.forEach((other) => {
      if (other === step) other.setAttribute("aria-current", "step"); else other.removeAttribute("aria-current");
      other.toggleAttribute("data-low-key", other === (flagged ?? step));
      other.toggleAttribute("data-ranges-key", other === (step === trackerMap ? flagged ?? components.at(-1) : step));
    });
    form.dispatchEvent(new CustomEvent("current", { detail: step.dataset.component ?? "trackermap" }));
  }

  function check(radio) {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function setFlag(flag) {
    const component = current;
    if (component === trackerMap) {
      announce("All flags are set. The arrow key up goes back to them.");
      return;
    }
    const radio = component.querySelector(`input[type=radio][value=${flag}]`);
    check(radio);
    const next = steps[steps.indexOf(component) + 1];
    setCurrent(next, component);
    announce(`${nameOf(component)} ${optionName(radio)}. Now ${nameOf(next)}.`);
    if (next === trackerMap && components.some(needsReason) && !isQuestionOpen()) focusReasons();
  }

  // Below the button: which checklist "G" opens first, or has opened; nothing once all flags are set.
  function explainAllGood(opened = "") {
    if (!allGoodNote) return;
    const isDone = components.every(checkedRadio);
    const unopened = components.find((component) => isListUnopened(component));
    const next = unopened ? `All good first opens ${nameOf(unopened)}'s checklist; it sets nothing yet.` : "";
    allGoodNote.textContent = isDone ? "" : opened || next;
    allGoodNote.toggleAttribute("data-nothing-set", Boolean(opened));
    if (allGoodNote.textContent) allGoodNote.toggleAttribute("data-shown", true);
  }

  function openList(component) {
    listOf(component).open = true;
    setCurrent(component);
    const isNothingSet = components.every((other) => !checkedRadio(other));
    const text = `${nameOf(component)}'s checklist is open: go through it, then All good again. `
      + (isNothingSet ? "Nothing is set yet." : "All good has set nothing yet.");
    explainAllGood(text);
    announce(text);
  }

  function flagAllGood() {
    const unopened = components.find((component) => isListUnopened(component));
    if (unopened) {
      openList(unopened);
      return;
    }
    components.forEach((component) => check(component.querySelector("input[type=radio][value=good]")));
    setCurrent(trackerMap);
    explainAllGood();
    announce(`${components.map(nameOf).join(", ")} good. Now ${nameOf(trackerMap)}.`);
  }

  const listOf = (component) => form.querySelector(`[data-checklist-of="${component.dataset.component}"] details`);
  // Open on this page, or on this shift day before: for the run type of the run, or for that chosen on the form.
  function isListUnopened(component) {
    const list = listOf(component);
    if (!list || list.hasAttribute("data-was-open")) return false;
    return !(list.dataset.typesOpened ?? "").split(" ").filter(Boolean).includes(form.elements["run-run_type"]?.value);
  }

  function toggleLow() {
    const component = lastFlagged ?? current;
    const box = component.querySelector("input[type=checkbox][name$=_lowstat]");
    if (!box) return;
    box.checked = !box.checked;
    const [flagged, step] = [lastFlagged, current];
    box.dispatchEvent(new Event("change", { bubbles: true }));
    setCurrent(step, flagged);
    announce(`${nameOf(component)}: low statistics ${box.checked ? "on" : "off"}.`);
  }

  function cycleTrackerMap() {
    const radios = [...trackerMap.querySelectorAll("input")];
    const next = radios[(radios.findIndex((radio) => radio.checked) + 1) % radios.length];
    const step = current;
    check(next);
    setCurrent(step);
    announce(`Tracker map ${optionName(next)}.`);
  }

  function move(step) {
    const index = steps.indexOf(current) + step;
    setCurrent(steps[Math.min(Math.max(index, 0), steps.length - 1)]);
    announce(`${nameOf(current)}, ${checkedRadio(current) ? optionName(checkedRadio(current)) : "not set"}.`);
  }

  // Two presses per box, so that nothing is checked unread: the first focuses it, the second checks it and goes on.
  function checkNext(namePrefix) {
    const unchecked = [...form.querySelectorAll(`input[name^=${namePrefix}_]:not(:checked)`)];
    const focused = unchecked.find((box) => box === document.activeElement);
    if (focused) {
      focused.checked = true;
      focused.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const next = unchecked.find((box) => box !== focused);
    showListOf(next);
    next?.focus();
    const isLastQuestion = focused && !next && namePrefix === "confirm" && components.every(checkedRadio);
    if (isLastQuestion && components.some(needsReason)) focusReasons();
  }

  function showListOf(box) {
    form.querySelectorAll(".checklist:not([data-checklist-of]) details").forEach((details) => {
      details.open = details.closest(".checklist").contains(box);
    });
    const name = box?.closest("[data-checklist-of]")?.dataset.checklistOf;
    const step = name && steps.find((candidate) => (candidate.dataset.component ?? "trackermap") === name);
    if (step) setCurrent(step);
  }

  // Reason, problems, comment. The group gets the focus, not the reason: the keys of the other fields still work.
  const openReasons = () => { why.open = true; };
  function focusReasons() {
    openReasons();
    form.querySelector("[data-why-body]").focus();
  }

  function focusReason() {
    openReasons();
    form.elements.bad_reason.focus();
  }

  function focusProblems() {
    openReasons();
    const groups = [...form.querySelectorAll("[data-problems-of]:not([hidden])")];
    const target = groups.flatMap((group) => group.querySelector("input") ?? [])[0] ?? form.querySelector("[data-problems] summary");
    target?.focus();
  }

  function focusComment() {
    const comment = form.elements.comment;
    if (prefilled && comment.value === prefilled) comment.value += ": ";
    comment.focus();
    comment.setSelectionRange(comment.value.length, comment.value.length);
  }

  const isQuestionOpen = () => Boolean(form.querySelector("input[name^=confirm_]:not(:checked), [data-ranges-offer]"));

  function save() {
    const saveButton = form.querySelector("[data-save]");
    if (saveButton) form.requestSubmit(saveButton);
  }

  window.shortcuts.add([
    { key: "g", label: "Good, and on to the next component", target: "[data-component] input[value=good]", run: () => setFlag("good") },
    { key: "b", label: "Bad, and on to the next component", target: "[data-component] input[value=bad]", run: () => setFlag("bad") },
    { key: "x", label: "Excluded, and on to the next component", target: "[data-component] input[value=excluded]", run: () => setFlag("excluded") },
    { key: "G", label: "All good, once each checklist was open on this shift", target: "[data-all-good]", run: flagAllGood },
    { key: "l", label: "Low statistics of the component flagged last", target: "[data-component] [name$=_lowstat]", run: toggleLow },
    { key: "↑", label: "The component before", run: () => move(-1) },
    { key: "↓", label: "The next component", run: () => move(1) },
    { key: "m", label: "Tracker map: exists, missing", target: "[data-trackermap] input", run: cycleTrackerMap },
    { key: "t", label: "To the next checklist without a tick; once more ticks it", target: "[name^=checklist_]", run: () => checkNext("checklist") },
    { key: "r", label: "Reference", target: "#id_reference_runreconstruction", run: () => form.elements.reference_runreconstruction.focus() },
    { key: "w", label: "Reason", target: "#id_bad_reason", run: focusReason },
    { key: "p", label: "Problems; the arrow keys move between them", target: "[data-problems-of] input", run: focusProblems },
    { key: "c", label: "Comment", target: "#id_comment", run: focusComment },
    { key: "y", label: "To the next question; once more confirms it", target: "[name^=confirm_]", run: () => checkNext("confirm") },
    { key: "Ctrl+Enter", label: "Save, and on to the next run of the search", target: "[data-save]", run: save },
  ]);

  document.addEventListener("keydown", (event) => {
    // Enter in an input does not submit the form; Ctrl+Enter does.
    if (event.key === "Enter" && event.target.form === form && event.target.matches("input")) event.preventDefault();
    const problems = event.target.matches("[data-problems-of] input") && ["ArrowUp", "ArrowDown"].includes(event.key)
      ? [...form.querySelectorAll("[data-problems-of]:not([hidden]) input")] : [];
    if (!problems.length) return;
    event.preventDefault();
    problems[problems.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  });

  // A flag that is not good and bad lumisections open reason and problems; a chosen reason fills an empty comment.
  form.addEventListener("change", (event) => {
    if (event.target.name === "bad_reason") prefillComment(event.target);
    if (event.target.name === "run-run_type") explainAllGood();
    showReasons();
    showProblems();
  });

  // Opened for a component that is not good, reason and problems fold again once all are good and nothing is chosen.
  let isOpenedForFlag = false;
  function showReasons() {
    const isNeeded = components.some(needsReason);
    if (isNeeded && !why.open) { why.open = isOpenedForFlag = true; return; }
    const isChosen = form.elements.bad_reason.value || why.querySelector("[data-problems-of] :checked");
    if (isNeeded || isChosen || !isOpenedForFlag) return;
    why.open = isOpenedForFlag = false;
  }

  // Only the problems of components that are not good or not throughout, and those chosen; else all of them.
  function showProblems() {
    const notGood = new Set(components.filter(needsReason).map((component) => component.dataset.component));
    form.querySelectorAll("[data-problems-of]").forEach((group) => {
      group.hidden = notGood.size > 0 && !notGood.has(group.dataset.problemsOf) && !group.querySelector(":checked, .field-error");
    });
  }

  let prefilled = "";
  function prefillComment(select) {
    const comment = form.elements.comment;
    if (!select.value || comment.value.trim()) return;
    comment.value = prefilled = select.selectedOptions[0].text.split(" › ").pop().trim();
  }

  // "Choose" in the reference ranking selects that reference and closes the ranking.
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-all-good]")) flagAllGood();
    const button = event.target.closest("[data-choose-reference]");
    const select = form.elements.reference_runreconstruction;
    if (!button || ![...select.options].some((option) => option.value === button.dataset.chooseReference)) return;
    select.value = button.dataset.chooseReference;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    form.querySelector("#reference-ranking").replaceChildren();
    select.focus();
  });

  form.addEventListener("announce", (event) => announce(event.detail));

  // A click on a radio button gives it no focus in Safari, so a change makes its component the current one, too.
  steps.forEach((step) => ["focusin", "change"].forEach((name) => step.addEventListener(name, ({ target }) => {
    if (name === "focusin" || target.type !== "text") setCurrent(step);
  })));

  let isSubmitting = false;
  form.addEventListener("submit", (event) => {
    if (isSubmitting) event.preventDefault();
    isSubmitting = true;
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => { isSubmitting = false; form.removeAttribute("aria-busy"); });

  document.addEventListener("htmx:afterSwap", showProblems);
  // A list is open once its component is the current one (checklists.js).
  form.addEventListener("current", () => explainAllGood());
  showProblems();
  setCurrent(current);
  document.querySelector("[data-errors]")?.focus();
})();
