// Keys of every page. An element with data-key="x" is focused (field) or clicked (link, button) by x, unless a text
// field has the focus; data-key-says="…" is its line in the list that "?" opens. A page that handles its keys itself
// gives data-key-handled with data-key-says: such keys are only listed.
(() => {
  const isTyping = (target) => target.closest("textarea, select, [contenteditable]")
    || (target.matches("input") && !["checkbox", "radio", "button", "submit"].includes(target.type));

  const press = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); } else element.click();
  };

  const row = (list, key, says) => {
    const term = document.createElement("dt");
    const keyCap = document.createElement("kbd");
    const text = document.createElement("dd");
    keyCap.textContent = key;
    text.textContent = says;
    term.append(keyCap);
    list.append(term, text);
  };

  const openKeys = (dialog) => {
    const list = dialog.querySelector("[data-keys-list]");
    list.replaceChildren();
    const seen = new Set();
    document.querySelectorAll("[data-key-says]").forEach((element) => {
      if (!seen.has(element.dataset.key)) row(list, element.dataset.key, element.dataset.keySays);
      seen.add(element.dataset.key);
    });
    row(list, "?", "This list");
    row(list, "Esc", "Leave a field, close what is open");
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
    if (event.key === "?") { event.preventDefault(); openKeys(dialog); return; }
    const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([data-key-handled])`);
    if (element) { event.preventDefault(); press(element); }
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (event.target.closest("[data-keys-open]")) openKeys(document.querySelector("[data-keys]"));
  });

  document.querySelectorAll("[data-keys-open]").forEach((button) => { button.hidden = false; });
})();
