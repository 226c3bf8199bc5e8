// A button with data-copy="#id" copies the text of that element; shown only where the browser can.
if (navigator.clipboard) {
  const show = () => document.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
  show();
  document.addEventListener("htmx:afterSwap", show);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || button.disabled) return;
    const says = button.textContent;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.disabled = true;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = says; button.disabled = false; }, 2000);
  });
}
