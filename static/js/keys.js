// Keyboard shortcuts of every page. There are two ways to declare one; the list that "?" opens and aria-keyshortcuts are
// made from both:
// - In HTML: pressing x focuses (field) or clicks (link, button) the element with data-key="x"; data-key-label describes
//   it. Those that a page's own script handles are marked data-key-handled: they are only listed.
// - In a script: shortcuts.add([{ key, label, target, run }]). `key` is the name that is listed, such as "g", "G", "↑" or
//   "Ctrl+Enter"; `target` selects the elements that it acts on; without `run` the script handles it by itself.
// No shortcut works while a text field has the focus, except those with Ctrl. Those of a single character can be switched
// off, which is stored in the browser (WCAG 2.1.4).
(() => {
  "use strict";
  const STORAGE_KEY = "letter-keys";
  const ARIA_NAMES = { "↑": "ArrowUp", "↓": "ArrowDown" };
  const entries = [];

  const isTyping = (target) => target.closest("textarea, select, [contenteditable]")
    || (target.matches("input") && !["checkbox", "radio", "button", "submit"].includes(target.type));
  const isLetter = (key) => key.length === 1 && key !== " " && !(key in ARIA_NAMES);
  const ariaName = (key) => ARIA_NAMES[key] ?? (/^[A-Z]$/.test(key) ? `Shift+${key}` : key.replace("Ctrl+", "Control+"));

  const areLettersOn = () => {
    try { return localStorage.getItem(STORAGE_KEY) !== "off"; } catch { return document.documentElement.dataset.letterKeys !== "off"; }
  };

  const activate = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); } else element.click();
  };

  const elementEntry = (element) => ({ key: element.dataset.key, label: element.dataset.keyLabel, elements: [element] });
  const allEntries = () => [
    ...entries.map((entry) => ({ ...entry, elements: entry.target ? [...document.querySelectorAll(entry.target)] : [] })),
    ...[...document.querySelectorAll("[data-key]")].map(elementEntry),
  ];

  // aria-keyshortcuts of every element that a shortcut acts on; several of one element are separated by spaces.
  const describeElements = () => {
    const names = new Map();
    for (const { key, elements } of allEntries()) {
      if (isLetter(key) && !areLettersOn()) continue;
      for (const element of elements) names.set(element, [...(names.get(element) ?? []), ariaName(key)]);
    }
    document.querySelectorAll("[aria-keyshortcuts]").forEach((element) => element.removeAttribute("aria-keyshortcuts"));
    names.forEach((keys, element) => element.setAttribute("aria-keyshortcuts", [...new Set(keys)].join(" ")));
  };

  window.shortcuts = { add(added) { entries.push(...added); describeElements(); } };

  const appendRow = (list, key, label) => {
    const term = document.createElement("dt");
    const keyCap = document.createElement("kbd");
    const description = document.createElement("dd");
    keyCap.textContent = key;
    description.textContent = label;
    term.append(keyCap);
    list.append(term, description);
  };

  const openShortcutList = (dialog) => {
    const list = dialog.querySelector("[data-keys-list]");
    list.replaceChildren();
    const rows = new Map(allEntries().filter(({ label }) => label).reverse().map(({ key, label }) => [key, label]));
    [...rows].reverse().forEach(([key, label]) => appendRow(list, key, label));
    appendRow(list, "?", "This list");
    appendRow(list, "Esc", "Leave a field, close what is open");
    dialog.showModal();
  };

  // The letter that was meant: with Caps Lock, g gives "G".
  const keyOf = (event) => {
    const isLocked = event.getModifierState("CapsLock") && /^[a-z]$/i.test(event.key);
    if (!isLocked) return event.key;
    return event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  };

  const press = (event) => {
    const key = keyOf(event);
    const name = Object.keys(ARIA_NAMES).find((listed) => ARIA_NAMES[listed] === key) ?? key;
    const isArrowOfControl = name in ARIA_NAMES && event.target.matches("input, summary");
    const entry = entries.find((candidate) => candidate.key === name && candidate.run);
    const element = document.querySelector(`[data-key="${CSS.escape(key)}"]:not([data-key-handled])`);
    if (isArrowOfControl || !(entry || element)) return;
    event.preventDefault();
    if (entry) entry.run(); else activate(element);
  };

  // Switched off, a single character reaches no script of the page. This listener runs before all others.
  window.addEventListener("keydown", (event) => {
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    if (isLetter(event.key) && !hasModifier && !areLettersOn() && !isTyping(event.target)) event.stopImmediatePropagation();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
      if (isTyping(event.target)) event.target.blur();
      return;
    }
    const dialog = document.querySelector("[data-keys]");
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const chord = (event.ctrlKey || event.metaKey) && entries.find(({ key }) => key === `Ctrl+${event.key}`);
    if (chord) { event.preventDefault(); chord.run(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") { event.preventDefault(); openShortcutList(dialog); return; }
    press(event);
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (event.target.closest("[data-keys-open]")) openShortcutList(document.querySelector("[data-keys]"));
  });

  const showSwitches = () => {
    document.documentElement.dataset.letterKeys = areLettersOn() ? "on" : "off";
    document.querySelectorAll("[data-letter-keys-switch]").forEach((box) => { box.checked = areLettersOn(); });
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-letter-keys-switch]")) return;
    document.documentElement.dataset.letterKeys = event.target.checked ? "on" : "off";
    try { localStorage.setItem(STORAGE_KEY, event.target.checked ? "on" : "off"); } catch { /* for this page only */ }
    showSwitches();
    describeElements();
  });

  document.querySelectorAll("[data-keys-open]").forEach((button) => { button.hidden = false; });
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, describeElements);
  showSwitches();
  describeElements();
})();
