// Checklists of the certify page. A list stands beside the input that it is about and opens while its component is judged,
// unless it was open on this shift day before. Two hidden inputs go to the server with the form: "lists_opened" names the
// lists that were open on the page, "lists_flagged" whether each was open when its flag was set, both with the edition.
// A list that was open has the attribute data-was-open; "G" (static/js/certify.js) needs it on all of them.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  const lists = form ? [...form.querySelectorAll("[data-checklist]")] : [];
  const opened = form?.elements.lists_opened;
  const flagged = form?.elements.lists_flagged;
  if (!lists.length || !opened || !flagged) return;

  const keyOf = (list) => list.dataset.checklist;
  const words = (input) => new Set(input.value.split(" ").filter(Boolean));
  const write = (input, set) => { input.value = [...set].join(" "); };

  function noteOpen(list) {
    list.toggleAttribute("data-was-open", true);
    write(opened, words(opened).add(keyOf(list)));
  }

  // The last flag counts: its earlier state is replaced.
  function noteFlag(list) {
    const kept = [...words(flagged)].filter((word) => word.replace(/-(open|folded)$/, "") !== keyOf(list));
    write(flagged, [...kept, `${keyOf(list)}-${list.open ? "open" : "folded"}`]);
  }

  const isAbout = (list, name) => (list.dataset.checklistFor ?? name) === name;

  form.addEventListener("change", ({ target }) => {
    if (target.type !== "radio") return;
    const isFlag = target.name === "trackermap" || target.closest("[data-component]");
    if (isFlag) lists.filter((list) => isAbout(list, target.name)).forEach(noteFlag);
  });

  lists.forEach((list) => {
    list.addEventListener("toggle", () => { if (list.open) noteOpen(list); });
    if (list.open) noteOpen(list);
  });

  // The list of the current component is open while it is judged, and folded again when the next one is current.
  const openedHere = new WeakSet();
  function followCurrent(component) {
    const list = component.querySelector("[data-checklist]");
    if (!list) return;
    if (component.hasAttribute("data-current") && !list.hasAttribute("data-was-open")) {
      openedHere.add(list);
      list.open = true;
    } else if (!component.hasAttribute("data-current") && openedHere.delete(list)) list.open = false;
  }

  const components = [...form.querySelectorAll("[data-component]")];
  const observer = new MutationObserver((changes) => changes.forEach(({ target }) => followCurrent(target)));
  components.forEach((component) => {
    observer.observe(component, { attributes: true, attributeFilter: ["data-current"] });
    followCurrent(component);
  });
})();
