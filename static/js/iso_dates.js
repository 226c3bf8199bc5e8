// Browsers display date inputs in the user's locale (04/05/2018). Below each one, its value is shown as an ISO date.
(() => {
  document.querySelectorAll('input[type="date"]').forEach((input) => {
    const output = document.createElement("output");
    output.className = "field-help";
    output.htmlFor = input.id;
    const update = () => { output.textContent = input.value; output.hidden = !input.value; };
    update();
    input.after(output);
    input.addEventListener("input", update);
    window.addEventListener("pageshow", update);
  });
})();
