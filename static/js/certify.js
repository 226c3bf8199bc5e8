// Keyboard control of the certify page: g, b, x flag the current component and go to the next one; l, m, t, r, c, y act on
// other fields; Ctrl+Enter saves.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  if (!form) return;
  const components = [...form.querySelectorAll("[data-component]")];
  const FLAG_OF_KEY = { g: "good", b: "bad", x: "excluded" };
  const hasFlag = (component) => component.querySelector("input[type=radio]:checked");
  let currentIndex = Math.max(0, components.findIndex((component) => !hasFlag(component)));

  function setCurrent(index) {
    currentIndex = Math.min(Math.max(index, 0), components.length - 1);
    components.forEach((component, at) => component.toggleAttribute("data-current", at === currentIndex));
  }

  // The component flagged last, for "l": the current one is already the next.
  let lastFlagged = null;

  function setFlag(key) {
    lastFlagged = components[currentIndex];
    const radio = components[currentIndex].querySelector(`input[type=radio][value=${FLAG_OF_KEY[key]}]`);
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    setCurrent(currentIndex + 1);
  }

  function toggle(input) {
    input.checked = !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function cycleTrackerMap() {
    const radios = [...form.querySelectorAll("[data-trackermap] input")];
    toggle(radios[(radios.findIndex((radio) => radio.checked) + 1) % radios.length]);
  }

  function focusComment() {
    const comment = form.elements.comment;
    comment.focus();
    comment.setSelectionRange(comment.value.length, comment.value.length);
  }

  // Two presses per box, so that nothing is checked unread: the first focuses it, the second checks it and goes on.
  function checkNext(namePrefix) {
    const unchecked = [...form.querySelectorAll(`input[name^=${namePrefix}_]:not(:checked)`)];
    const focused = unchecked.find((box) => box === document.activeElement);
    if (focused) toggle(focused);
    unchecked.find((box) => box !== focused)?.focus();
  }

  // The items of a checklist are open while its box is focused by the key, and folded when another box is.
  function checkNextChecklist() {
    checkNext("checklist");
    const focusedList = document.activeElement?.closest(".checklist");
    form.querySelectorAll(".checklist:has(input) details").forEach((list) => {
      list.open = focusedList?.contains(list) ?? false;
    });
  }

  // "G" is for those who have had each list open on this shift day; else it opens the next one (static/js/checklists.js).
  function setAllGood() {
    const unopened = form.querySelector("[data-checklist-for]:not([data-was-open])");
    if (unopened) { unopened.open = true; unopened.querySelector("summary").focus(); return; }
    setCurrent(0);
    components.forEach(() => setFlag("g"));
  }

  function moveCurrent(step) {
    lastFlagged = null;
    setCurrent(currentIndex + step);
  }

  const shortcuts = {
    g: () => setFlag("g"),
    b: () => setFlag("b"),
    x: () => setFlag("x"),
    G: setAllGood,
    l: () => toggle((lastFlagged ?? components[currentIndex]).querySelector("input[type=checkbox]")),
    m: cycleTrackerMap,
    r: () => form.elements.reference_runreconstruction.focus(),
    c: focusComment,
    y: () => checkNext("confirm"),
    t: checkNextChecklist,
    ArrowDown: () => moveCurrent(1),
    ArrowUp: () => moveCurrent(-1),
  };

  function isTyping(target) {
    if (target.matches("textarea, select, [contenteditable]")) return true;
    return target.matches("input") && !["radio", "checkbox", "submit", "button"].includes(target.type);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      const saveButton = form.querySelector("[data-save]");
      if (saveButton) form.requestSubmit(saveButton);
      return;
    }
    // Enter in an input does not submit the form; Ctrl+Enter does.
    if (event.key === "Enter" && event.target.form === form && event.target.matches("input")) event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const isArrowOnRadio = event.key.startsWith("Arrow") && event.target.matches("input[type=radio]");
    if (!shortcuts[event.key] || isArrowOnRadio) return;
    event.preventDefault();
    shortcuts[event.key]();
  });

  // A bad flag opens the problems; choosing a reason fills an empty comment with it.
  form.addEventListener("change", (event) => {
    if (event.target.name === "bad_reason") prefillComment(event.target);
    if (event.target.value === "bad") form.querySelector("[data-problems]").open = true;
  });

  function prefillComment(select) {
    const comment = form.elements.comment;
    if (select.value && !comment.value.trim()) comment.value = select.selectedOptions[0].text.split(" › ").pop().trim();
  }

  // "Choose" in the reference ranking selects that reference and closes the ranking.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose-reference]");
    const select = form.elements.reference_runreconstruction;
    if (!button || ![...select.options].some((option) => option.value === button.dataset.chooseReference)) return;
    select.value = button.dataset.chooseReference;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    form.querySelector("#reference-ranking").replaceChildren();
    select.focus();
  });

  components.forEach((component, index) => component.addEventListener("focusin", () => { lastFlagged = null; setCurrent(index); }));

  let isSubmitting = false;
  form.addEventListener("submit", (event) => {
    if (isSubmitting) event.preventDefault();
    isSubmitting = true;
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => { isSubmitting = false; form.removeAttribute("aria-busy"); });

  setCurrent(currentIndex);
  document.querySelector("[data-errors]")?.focus();
})();
