// Boxes for run lists. In a text area with data-enter-submits, Enter submits the form (Shift+Enter inserts a line break).
// In an input with data-run-list, the line breaks of a pasted text become commas: a browser would make spaces of them, so
// that a list with dashes as bullets would look like a range.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-enter-submits]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  const isBullet = (line) => /^\s*[-\u2010-\u2015\u2212*•]/.test(line);
  const onOneLine = (text) => text.split(/[\r\n\u2028\u2029]+/).filter((line) => line.trim())
    .map((line) => (isBullet(line) ? line.replace(/^\s*[-\u2010-\u2015\u2212*•]\s*/, "") : line.trim())).join(", ");

  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!event.target.matches("input[data-run-list]") || !/[\r\n\u2028\u2029]/.test(text)) return;
    event.preventDefault();
    event.target.setRangeText(onOneLine(text), event.target.selectionStart, event.target.selectionEnd, "end");
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
