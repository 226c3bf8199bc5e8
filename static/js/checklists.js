// Checklists of the certify page. The list of the current input is shown beside it (data-current, by
// static/js/certify_panel.js); it is unfolded unless it was open on this shift day before. Two hidden inputs go to the server
// with the form: "lists_opened" names the lists that were open on the page, "lists_flagged" whether each was open when its
// flag was set, both with the edition. A list that was open has the attribute data-was-open; "G" (static/js/certify.js)
// needs it on the lists of all components.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  const lists = form ? [...form.querySelectorAll("[data-checklist]")] : [];
  const opened = form?.elements.lists_opened;
  const flagged = form?.elements.lists_flagged;
  if (!lists.length || !opened || !flagged) return;

  const keyOf = (list) => list.dataset.checklist;
  const placeOf = (list) => list.closest("[data-checklist-of]");
  const isOpen = (list) => list.open && (placeOf(list)?.hasAttribute("data-current") ?? true);
  const words = (input) => new Set(input.value.split(" ").filter(Boolean));
  const write = (input, set) => { input.value = [...set].join(" "); };

  function noteOpen(list) {
    if (!isOpen(list)) return;
    list.toggleAttribute("data-was-open", true);
    write(opened, words(opened).add(keyOf(list)));
  }

  // The last flag counts: its earlier state is replaced.
  function noteFlag(list) {
    const kept = [...words(flagged)].filter((word) => word.replace(/-(open|folded)$/, "") !== keyOf(list));
    write(flagged, [...kept, `${keyOf(list)}-${isOpen(list) ? "open" : "folded"}`]);
  }

  const isAbout = (list, name) => (placeOf(list)?.dataset.checklistOf ?? name) === name;

  form.addEventListener("change", ({ target }) => {
    if (target.type !== "radio") return;
    const isFlag = target.name === "trackermap" || target.closest("[data-component]");
    if (isFlag) lists.filter((list) => isAbout(list, target.name)).forEach(noteFlag);
  });

  form.addEventListener("current", () => lists.forEach(noteOpen));
  lists.forEach((list) => list.addEventListener("toggle", () => noteOpen(list)));
})();
