// Marks the preview of a policy as outdated once the form has changed after it.
(() => {
  "use strict";
  const form = document.getElementById("policy-form");
  const preview = document.getElementById("preview");
  const notice = preview.querySelector(".policy-outdated");
  const setOutdated = (isOutdated) => {
    const isShown = isOutdated && preview.querySelector(".policy-sums") !== null;
    notice.hidden = !isShown;
    preview.classList.toggle("is-outdated", isShown);
  };
  form.addEventListener("input", (event) => { if (event.target.name !== "reason") setOutdated(true); });
  form.addEventListener("click", (event) => { if (["remove", "preset"].includes(event.target.name)) setOutdated(true); });
  preview.addEventListener("htmx:afterSwap", () => setOutdated(false));
})();
