// Open runs: j, k and the arrows move between the rows, Enter opens a row's first open reconstruction;
// Enter in the search line searches (Shift+Enter breaks the line). A form that has been sent says so until the next page.
(() => {
  const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  const rows = [...document.querySelectorAll("[data-rows] tr[data-run]")];

  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

  const go = (row) => {
    rows.forEach((other) => { other.tabIndex = other === row ? 0 : -1; });
    row.focus();
  };

  const move = (event, current) => {
    const step = STEPS[event.key];
    const place = rows.indexOf(current);
    const row = place < 0 ? rows[0] : rows[place + step];
    event.preventDefault();
    if (row) go(row);
  };

  rows.forEach((row, place) => { row.tabIndex = place === 0 ? 0 : -1; });

  document.addEventListener("keydown", (event) => {
    if (!rows.length || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const current = event.target.closest("tr[data-run]");
    if (event.key in STEPS && (current || event.key.length === 1)) move(event, current);
    if (event.key === "Enter" && event.target === current) current.querySelector('a[data-state="open"]')?.click();
  });

  document.querySelectorAll("[data-enter-submits]").forEach((field) => field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    field.form.requestSubmit();
  }));

  const busy = (form, isBusy) => {
    const button = form.querySelector("[data-busy]");
    form.toggleAttribute("data-sent", isBusy);
    button.setAttribute("aria-busy", String(isBusy));
    button.dataset.calm ??= button.textContent;
    button.textContent = isBusy ? button.dataset.busy : button.dataset.calm;
  };

  const forms = [...document.querySelectorAll("form:has([data-busy])")];
  forms.forEach((form) => form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault(); else busy(form, true);
  }));
  // The browser's Back may bring the page back as it was left.
  window.addEventListener("pageshow", () => forms.forEach((form) => busy(form, false)));
})();
