// Keyboard shortcuts of every page. Pressing x focuses (field) or clicks (link, button) the element with data-key="x",
// unless a text field has the focus; data-key-label is its description in the list of shortcuts that "?" opens. Shortcuts
// that a page's own script handles are marked data-key-handled: they are only listed.
(() => {
  const isTyping = (target) => target.closest("textarea, select, [contenteditable]")
    || (target.matches("input") && !["checkbox", "radio", "button", "submit"].includes(target.type));

  const activate = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); } else element.click();
  };

  const addShortcut = (list, key, label) => {
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
    const listedKeys = new Set();
    document.querySelectorAll("[data-key-label]").forEach((element) => {
      if (!listedKeys.has(element.dataset.key)) addShortcut(list, element.dataset.key, element.dataset.keyLabel);
      listedKeys.add(element.dataset.key);
    });
    addShortcut(list, "?", "This list");
    addShortcut(list, "Esc", "Leave a field, close what is open");
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
      if (isTyping(event.target)) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    const dialog = document.querySelector("[data-keys]");
    if (dialog?.open) return;
    if (event.key === "?") { event.preventDefault(); openShortcutList(dialog); return; }
    const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([data-key-handled])`);
    if (element) { event.preventDefault(); activate(element); }
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (event.target.closest("[data-keys-open]")) openShortcutList(document.querySelector("[data-keys]"));
  });

  document.querySelectorAll("[data-keys-open]").forEach((button) => { button.hidden = false; });
})();
