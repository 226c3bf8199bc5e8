// The certify page by keyboard: g b x set the current component and go to the next, l m t r c y, Ctrl+Enter saves.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  if (!form) return;
  const components = [...form.querySelectorAll("[data-component]")];
  const letters = { g: "good", b: "bad", x: "excluded" };
  let current = Math.max(0, components.findIndex((one) => !one.querySelector("input[type=radio]:checked")));

  function goTo(index) {
    current = Math.min(Math.max(index, 0), components.length - 1);
    components.forEach((one, at) => one.toggleAttribute("data-current", at === current));
  }

  // What was flagged last, for "low": the current one has moved on by then.
  let flagged = null;

  function choose(letter) {
    flagged = components[current];
    const radio = components[current].querySelector(`input[type=radio][value=${letters[letter]}]`);
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    goTo(current + 1);
  }

  function toggle(input) {
    input.checked = !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function turnTrackerMap() {
    const radios = [...form.querySelectorAll("[data-trackermap] input")];
    toggle(radios[(radios.findIndex((one) => one.checked) + 1) % radios.length]);
  }

  function toComment() {
    const comment = form.elements.comment;
    comment.focus();
    comment.setSelectionRange(comment.value.length, comment.value.length);
  }

  // Nothing is ticked unseen: the first press goes to the question or list, the second one ticks it and goes on.
  function tickNext(boxes) {
    const open = [...form.querySelectorAll(`input[name^=${boxes}_]:not(:checked)`)];
    const here = open.find((one) => one === document.activeElement);
    if (here) toggle(here);
    open.find((one) => one !== here)?.focus();
  }

  // A list unfolds while its box has the focus by key, and folds when another one does.
  function tickNextList() {
    tickNext("checklist");
    const unfolded = document.activeElement?.closest("[data-checklist]");
    form.querySelectorAll("[data-checklist] details").forEach((one) => { one.open = unfolded?.contains(one) ?? false; });
  }

  function step(by) {
    flagged = null;
    goTo(current + by);
  }

  const keys = {
    g: () => choose("g"),
    b: () => choose("b"),
    x: () => choose("x"),
    l: () => toggle((flagged ?? components[current]).querySelector("input[type=checkbox]")),
    m: turnTrackerMap,
    r: () => form.elements.reference_runreconstruction.focus(),
    c: toComment,
    y: () => tickNext("confirm"),
    t: tickNextList,
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  };

  function isTyping(target) {
    if (target.matches("textarea, select, [contenteditable]")) return true;
    return target.matches("input") && !["radio", "checkbox", "submit", "button"].includes(target.type);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      const save = form.querySelector("[data-save]");
      if (save) form.requestSubmit(save);
      return;
    }
    // Enter in a field saves nothing by itself: Ctrl+Enter does.
    if (event.key === "Enter" && event.target.form === form && event.target.matches("input")) event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const isArrowOnRadio = event.key.startsWith("Arrow") && event.target.matches("input[type=radio]");
    if (!keys[event.key] || isArrowOnRadio) return;
    event.preventDefault();
    keys[event.key]();
  });

  // A bad component opens what it needs; a reason starts an empty comment.
  form.addEventListener("change", (event) => {
    if (event.target.name === "bad_reason") startComment(event.target);
    if (event.target.value === "bad") form.querySelector("[data-problems]").open = true;
  });

  function startComment(select) {
    const comment = form.elements.comment;
    if (select.value && !comment.value.trim()) comment.value = select.selectedOptions[0].text.split(" › ").pop().trim();
  }

  // One of the ranked list becomes the choice, and the list goes.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose-reference]");
    const select = form.elements.reference_runreconstruction;
    if (!button || ![...select.options].some((one) => one.value === button.dataset.chooseReference)) return;
    select.value = button.dataset.chooseReference;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    form.querySelector("#ranked").replaceChildren();
    select.focus();
  });

  components.forEach((one, at) => one.addEventListener("focusin", () => { flagged = null; goTo(at); }));

  let isSending = false;
  form.addEventListener("submit", (event) => {
    if (isSending) event.preventDefault();
    isSending = true;
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => { isSending = false; form.removeAttribute("aria-busy"); });

  goTo(current);
  document.querySelector("[data-errors]")?.focus();
})();
