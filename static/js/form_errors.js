// Live removal of form errors: after a refused save, the server reports with each live check which errors remain (event
// "remaining_errors" with the anchors). The others are removed beside their field and from the error summary, the error of
// a field that is being set at once. This script validates nothing by itself.
(() => {
  "use strict";
  const summary = document.querySelector("[data-errors]");
  const liveChecks = document.querySelector("[data-live-checks]");
  if (!summary || !liveChecks) return;
  const count = summary.querySelector("[data-errors-count]");

  const anchorOf = (link) => link.hash.slice(1);
  const errorLinks = () => [...summary.querySelectorAll("a[href^='#']")];

  // The error list beside a field. Two fields may share one, for example a flag and its low-statistics checkbox.
  function errorListOf(anchor) {
    const errorList = document.getElementById(`${anchor}_error`);
    return errorList ?? document.getElementById(anchor)?.closest(".field, .fact, fieldset")?.querySelector(".field-error");
  }

  function removeErrorList(errorList) {
    document.querySelectorAll(`[aria-describedby~="${errorList.id}"]`).forEach((input) => {
      const otherIds = input.getAttribute("aria-describedby").split(" ").filter((id) => id !== errorList.id);
      if (otherIds.length) input.setAttribute("aria-describedby", otherIds.join(" "));
      else input.removeAttribute("aria-describedby");
      input.removeAttribute("aria-invalid");
    });
    errorList.remove();
  }

  function removeError(link) {
    const errorList = errorListOf(anchorOf(link));
    link.closest("li").remove();
    const isShared = errorLinks().some((other) => errorListOf(anchorOf(other)) === errorList);
    if (errorList && !isShared) removeErrorList(errorList);
  }

  function showCount() {
    const number = errorLinks().length;
    if (count) count.textContent = number ? `${number === 1 ? "1 field needs" : `${number} fields need`} a look:` : "";
    if (!summary.querySelector("li")) summary.hidden = true;
  }

  // Whether the input is that of the error and is set. A flag or the tracker map is set by its radio buttons.
  function isResolvedBy(input, anchor) {
    const field = document.getElementById(anchor);
    if (input === field) return input.type === "checkbox" ? input.checked : Boolean(input.value);
    return input.type === "radio" && field?.tagName === "FIELDSET" && field.contains(input);
  }

  // At once; what is still wrong with the new value is in the answer of the live check.
  liveChecks.closest("form").addEventListener("change", ({ target }) => {
    errorLinks().filter((link) => isResolvedBy(target, anchorOf(link))).forEach(removeError);
    showCount();
  });

  liveChecks.addEventListener("remaining_errors", (event) => {
    const remaining = new Set(event.detail.value);
    errorLinks().filter((link) => !remaining.has(anchorOf(link))).forEach(removeError);
    showCount();
  });
})();
