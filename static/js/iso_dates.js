// Days are text, so that they read 2018-05-01 in every browser. Beside each of them, a button opens the calendar of the
// browser: that of a date input without a name, which only lends its calendar.
(() => {
  if (!("showPicker" in HTMLInputElement.prototype)) return;

  const labelOf = (input) => input.labels[0]?.textContent.trim() ?? input.getAttribute("aria-label") ?? "day";

  const addCalendar = (input) => {
    const calendar = document.createElement("input");
    calendar.type = "date";
    calendar.tabIndex = -1;
    calendar.className = "date-calendar";
    calendar.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "date-button";
    button.title = "Calendar";
    button.setAttribute("aria-label", `Calendar: ${labelOf(input)}`);
    button.addEventListener("click", () => {
      calendar.value = /^\d{4}-\d\d-\d\d$/.test(input.value.trim()) ? input.value.trim() : "";
      calendar.showPicker();
    });
    calendar.addEventListener("change", () => {
      if (!calendar.value) return;
      input.value = calendar.value;
      ["input", "change"].forEach((name) => input.dispatchEvent(new Event(name, { bubbles: true })));
      input.focus();
    });
    ["input", "change"].forEach((name) => calendar.addEventListener(name, (event) => event.stopPropagation()));
    input.after(calendar, button);
  };

  const addCalendars = (root) => root.querySelectorAll("input[data-iso-date]").forEach((input) => {
    if (!input.parentElement.querySelector(".date-button")) addCalendar(input);
  });
  addCalendars(document);
  document.addEventListener("htmx:load", (event) => addCalendars(event.target));
})();
