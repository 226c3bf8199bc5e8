// A click anywhere in a row opens what its first link opens. Forms with data-drop-empty leave empty fields out of the address.
(() => {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-pk], tr[data-reference]");
    if (!row || event.target.closest("a, button, input, label") || String(getSelection())) return;
    const link = row.querySelector("a[href]");
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener"); else link.click();
  });

  const emptied = (form) => [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  document.querySelectorAll("form[data-drop-empty]").forEach((form) => {
    form.addEventListener("submit", () => emptied(form).forEach((field) => { field.disabled = true; }));
    window.addEventListener("pageshow", () => [...form.elements].forEach((field) => { field.disabled = false; }));
  });
})();
