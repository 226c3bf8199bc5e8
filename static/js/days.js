// A browser writes the day of a date field in its own order (04/05/2018); this says the same day beneath it as ISO.
(() => {
  document.querySelectorAll('input[type="date"]').forEach((input) => {
    const said = document.createElement("output");
    said.className = "field-help";
    said.htmlFor = input.id;
    const say = () => { said.textContent = input.value; said.hidden = !input.value; };
    say();
    input.after(said);
    input.addEventListener("input", say);
    window.addEventListener("pageshow", say);
  });
})();
