// Forms with data-ticked-number: the button names how many boxes are ticked, and cannot be pressed without one.
(() => {
  const update = (form) => {
    const number = form.querySelectorAll("input[type=checkbox]:checked").length;
    const shown = form.querySelector("[data-number]");
    if (!shown) return;
    shown.textContent = String(number);
    shown.closest("button").disabled = number === 0;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-ticked-number]");
    if (form) update(form);
  });
})();
