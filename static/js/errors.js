// Errors of a refused save go one by one, as soon as the server says with its hints that they stand no longer: from
// beside the field, and from the links at the top. Nothing is judged here.
(() => {
  "use strict";
  const summary = document.querySelector("[data-errors]");
  const hints = document.querySelector("[data-hints]");
  if (!summary || !hints) return;
  const count = summary.querySelector("[data-errors-count]");

  const anchorOf = (link) => link.hash.slice(1);
  const links = () => [...summary.querySelectorAll("a[href^='#']")];

  // The sentences beside the field; two fields may share a place, as a flag and its low statistics do.
  function beside(anchor) {
    const own = document.getElementById(`${anchor}_error`);
    return own ?? document.getElementById(anchor)?.closest(".field, .fact, fieldset")?.querySelector(".field-error");
  }

  function takeAway(errors) {
    document.querySelectorAll(`[aria-describedby~="${errors.id}"]`).forEach((one) => {
      const left = one.getAttribute("aria-describedby").split(" ").filter((id) => id !== errors.id);
      if (left.length) one.setAttribute("aria-describedby", left.join(" "));
      else one.removeAttribute("aria-describedby");
      one.removeAttribute("aria-invalid");
    });
    errors.remove();
  }

  function drop(link) {
    const errors = beside(anchorOf(link));
    link.closest("li").remove();
    if (errors && !links().some((one) => beside(anchorOf(one)) === errors)) takeAway(errors);
  }

  hints.addEventListener("stands", (event) => {
    const stands = new Set(event.detail.value);
    links().filter((link) => !stands.has(anchorOf(link))).forEach(drop);
    const left = links().length;
    count.textContent = left === 1 ? "1 field needs a look:" : `${left} fields need a look:`;
    if (!summary.querySelector("li")) summary.hidden = true;
  });
})();
