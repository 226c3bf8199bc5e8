// Open runs and home. One row can be reached with Tab; rows.js moves between them. Without a row that has the focus, Enter
// opens the link that is marked data-next. After submitting, a form shows that it is busy and cannot be submitted again
// until the next page is shown.
(() => {
  // Home loads its rows after the page.
  const currentRows = () => [...document.querySelectorAll("[data-rows] tr[data-run]")];

  const makeFocusable = () => currentRows().forEach((row, index) => { row.tabIndex = index === 0 ? 0 : -1; });
  makeFocusable();
  document.addEventListener("htmx:afterSettle", makeFocusable);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.key !== "Enter") return;
    if (document.querySelector("dialog[open]") || !event.target.matches("body, main")) return;
    document.querySelector("[data-next]")?.click();
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
