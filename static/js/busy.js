// A form with data-busy takes seconds: its button says so and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const text = event.target.getAttribute("data-busy");
  const button = event.submitter;
  if (!text || !button || event.defaultPrevented) return;
  button.dataset.label = button.textContent;
  button.textContent = `${text} …`;
  button.setAttribute("aria-disabled", "true");
  // After this event: a disabled button would not be sent.
  setTimeout(() => { button.disabled = true; });
});
// Back to the page from the cache of the browser.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-busy] button[data-label]")) {
    button.textContent = button.dataset.label;
    button.removeAttribute("aria-disabled");
    button.disabled = false;
    if (button.form.elements.key) button.form.elements.key.value = "";  // sent again on purpose
  }
});
