// Open runs and home. Keyboard: j, k and the arrow keys move between the rows, Enter opens the first open reconstruction of
// the row that has the focus, and without one the link that is marked data-next. After submitting, a form shows that it is
// busy and cannot be submitted again until the next page is shown.
(() => {
  const ROW_STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  // Home loads its rows after the page.
  const currentRows = () => [...document.querySelectorAll("[data-rows] tr[data-run]")];

  // Keys of a single character can be switched off (keys.js).
  const areLettersOn = () => {
    try { return localStorage.getItem("letter-keys") !== "off"; } catch { return true; }
  };

  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

  const focusRow = (row) => {
    currentRows().forEach((other) => { other.tabIndex = other === row ? 0 : -1; });
    row.focus();
  };

  const moveFocus = (event, currentRow) => {
    const rows = currentRows();
    const index = rows.indexOf(currentRow);
    const row = index < 0 ? rows[0] : rows[index + ROW_STEPS[event.key]];
    event.preventDefault();
    if (row) focusRow(row);
  };

  const makeFocusable = () => currentRows().forEach((row, index) => { row.tabIndex = index === 0 ? 0 : -1; });
  makeFocusable();
  document.addEventListener("htmx:afterSettle", makeFocusable);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const currentRow = event.target.closest("tr[data-run]");
    const isLetter = event.key.length === 1;
    if (event.key in ROW_STEPS && (isLetter ? areLettersOn() : currentRow)) moveFocus(event, currentRow);
    if (event.key !== "Enter") return;
    if (currentRow && event.target === currentRow) currentRow.querySelector('a[data-state="open"]')?.click();
    if (event.target.matches("body, main")) document.querySelector("[data-next]")?.click();
  });

  const setBusy = (form, isBusy) => {
    const button = form.querySelector("[data-busy]");
    form.toggleAttribute("data-sent", isBusy);
    button.setAttribute("aria-busy", String(isBusy));
    button.dataset.idleLabel ??= button.textContent;
    button.textContent = isBusy ? button.dataset.busy : button.dataset.idleLabel;
  };

  const forms = [...document.querySelectorAll("form:has([data-busy])")];
  forms.forEach((form) => form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault(); else setBusy(form, true);
  }));
  // A page restored from the back/forward cache would still show the busy state.
  window.addEventListener("pageshow", () => forms.forEach((form) => setBusy(form, false)));
})();
