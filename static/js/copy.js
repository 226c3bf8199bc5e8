// Copy to clipboard: a button with data-copy="<selector>" copies the text of that element. The buttons are hidden in the
// markup and shown only if the browser supports the Clipboard API.
if (navigator.clipboard) {
  const LABEL_RESTORE_MS = 2000;

  const showButtons = () => {
    document.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
  };

  showButtons();
  document.addEventListener("htmx:afterSwap", showButtons);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || button.disabled) return;
    const label = button.textContent;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.disabled = true;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; button.disabled = false; }, LABEL_RESTORE_MS);
  });
}
