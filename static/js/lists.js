// Lists of certifications and references: a click anywhere in a row follows the first link of the row. Filter forms with
// data-drop-empty leave empty fields out of the query string.
(() => {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-pk], tr[data-reference]");
    if (!row || event.target.closest("a, button, input, label") || String(getSelection())) return;
    const link = row.querySelector("a[href]");
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener"); else link.click();
  });

  const emptyFields = (form) => [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  document.querySelectorAll("form[data-drop-empty]").forEach((form) => {
    form.addEventListener("submit", () => emptyFields(form).forEach((field) => { field.disabled = true; }));
    window.addEventListener("pageshow", () => [...form.elements].forEach((field) => { field.disabled = false; }));
  });
})();
