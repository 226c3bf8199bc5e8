// Bad lumisections of a component, as text beside its flag. "n" opens the field of the current component, Enter leaves it,
// Esc gives back what was in it. "s" goes to the ranges that are offered, once more takes them. window.certifyRanges is
// what the timeline needs (timeline_lanes.js, timeline_selection.js). What is refused and what the ranges cost comes from
// the live checks.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  if (!form) return;
  const { parse, merged, without, format } = window.numberRanges;

  const componentOf = (element) => element.closest("[data-component]");
  const componentNamed = (name) => form.querySelector(`[data-component="${name}"]`);
  const inputOf = (component) => component.querySelector("[data-ranges-field]");
  const toggleOf = (component) => component.querySelector("[data-ranges-toggle]");
  const placeOf = (component) => component.querySelector("[data-ranges-place]");
  const labelOf = (component) => component.dataset.label;
  const components = [...form.querySelectorAll("[data-component]")];
  const announce = (text) => form.dispatchEvent(new CustomEvent("announce", { detail: text }));
  const target = () => form.querySelector("[data-ranges-key]");

  function show(component, isShown = true) {
    placeOf(component).toggleAttribute("data-shown", isShown);
    toggleOf(component).setAttribute("aria-expanded", String(isShown));
  }

  const isShown = (component) => placeOf(component).hasAttribute("data-shown");
  const isEmpty = (component) => !inputOf(component).value.trim();

  function open(component) {
    show(component);
    inputOf(component).focus();
    inputOf(component).select();
  }

  // Back to the button: the keys of the page work there.
  function leave(component) {
    if (isEmpty(component)) show(component, false);
    toggleOf(component).focus();
  }

  function setText(component, text) {
    const input = inputOf(component);
    input.value = text;
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  }

  // What cannot be read stays as it was typed, with the new ranges after it.
  function add(component, ranges) {
    const { value } = inputOf(component);
    const present = parse(value);
    setText(component, present.isReadable ? format(merged([...present.ranges, ...ranges])) : `${value.trim()}, ${format(ranges)}`);
  }

  function remove(component, ranges) {
    const present = parse(inputOf(component).value);
    if (!present.isReadable) return false;
    setText(component, format(without(present.ranges, ranges)));
    return true;
  }

  const rangesOf = (component) => parse(inputOf(component).value).ranges;
  const isReadable = (component) => parse(inputOf(component).value).isReadable;
  // Bad or excluded in the whole run, so that it has no ranges.
  const isOut = (component) => Boolean(component.querySelector("input[value=bad]:checked, input[value=excluded]:checked"));
  window.certifyRanges = { components, target, labelOf, rangesOf, isReadable, isOut, add, remove, announce };

  // What good tracks require is offered at once, as _ranges_offers.html has it; the live checks replace it.
  const hasError = (component) => Boolean(component.querySelector(".ranges-note .field-error"));
  // What is refused is not offered.
  const requiredBy = (component) => (component.dataset.requires ?? "").split(" ").filter(Boolean).map(componentNamed)
    .filter((row) => !isOut(row) && !isEmpty(row) && !hasError(row));

  function missingIn(component) {
    const [own, ...others] = [component, ...requiredBy(component)].map((row) => parse(inputOf(row).value));
    if (isOut(component) || ![own, ...others].every(({ isReadable }) => isReadable)) return "";
    return format(without(others.flatMap(({ ranges }) => ranges), own.ranges));
  }

  function elementOf(tag, properties, ...content) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...content);
    return element;
  }

  function offerOf(component, label, ranges) {
    const button = elementOf(
      "button", { type: "button", className: "button button-small is-proposed" },
      label, elementOf("span", { className: "visually-hidden" }, `: ${ranges}`), " ", elementOf("kbd", {}, "s"),
    );
    Object.assign(button.dataset, { rangesOffer: component.dataset.component, ranges });
    const names = requiredBy(component).map(labelOf);
    return elementOf("p", { className: "ranges-offer" }, elementOf("span", {}, `${names.join(" and ")}: ${ranges} bad.`), " ", button);
  }

  function offerRequired(component) {
    const [label, ranges] = [`same for ${labelOf(component)}`, missingIn(component)];
    const offered = [...component.querySelectorAll("[data-ranges-offer]")];
    const isOther = (button) => button.dataset.ranges !== ranges;
    offered.filter((button) => button.textContent.startsWith(label) && isOther(button)).forEach((button) => button.parentElement.remove());
    if (ranges && offered.every(isOther)) component.querySelector(".confirmations").append(offerOf(component, label, ranges));
  }

  form.addEventListener("change", () => components.filter((component) => component.dataset.requires).forEach(offerRequired));

  function takeOffer(button) {
    const component = componentNamed(button.dataset.rangesOffer);
    button.closest(".ranges-offer").remove();
    add(component, parse(button.dataset.ranges).ranges);
    leave(component);
    announce(`${labelOf(component)}: ${button.dataset.ranges} added to its bad lumisections.`);
  }

  function removeAll(button) {
    const component = componentNamed(button.dataset.rangesRemove);
    button.parentElement.replaceChildren();
    setText(component, "");
    leave(component);
    announce(`${labelOf(component)}: the ranges are removed.`);
  }

  function goToOffer() {
    const buttons = [...form.querySelectorAll("[data-ranges-offer], [data-ranges-remove]")];
    const focused = buttons.find((button) => button === document.activeElement);
    if (focused) focused.click();
    else if (buttons.length) buttons[0].focus();
    else announce("No ranges are offered.");
  }

  form.addEventListener("click", ({ target: clicked }) => {
    const button = clicked.closest("[data-ranges-toggle], [data-ranges-offer], [data-ranges-remove]");
    if (!button) return;
    if (button.matches("[data-ranges-offer]")) takeOffer(button);
    else if (button.matches("[data-ranges-remove]")) removeAll(button);
    else if (isShown(componentOf(button)) && isEmpty(componentOf(button))) show(componentOf(button), false);
    else open(componentOf(button));
  });

  // The text that Esc gives back: that at the time of the focus. A window that loses the focus keeps it in the field.
  let before = { input: null, text: "" };
  form.addEventListener("focusin", ({ target: input }) => {
    if (input.matches("[data-ranges-field]") && input !== before.input) before = { input, text: input.value };
  });
  form.addEventListener("focusout", ({ target: input }) => { if (input !== document.activeElement) before.input = null; });

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("[data-ranges-field]") || !["Enter", "Escape"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.key === "Escape" && input.value !== before.text) setText(componentOf(input), before.text);
    leave(componentOf(input));
  });

  // A field that another script has filled is shown: taken over, or restored by the browser.
  const showFilled = () => components.filter((component) => !isEmpty(component)).forEach((component) => show(component));

  function markInvalid() {
    for (const component of components) {
      if (hasError(component)) inputOf(component).setAttribute("aria-invalid", "true");
      else inputOf(component).removeAttribute("aria-invalid");
    }
  }

  // "310-" is a range that is being typed, not yet a wrong one.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const note = event.detail.target.closest(".ranges-note");
    const input = note && inputOf(componentOf(note));
    if (input && input === document.activeElement && /[-‐‑‒–—−]\s*$/.test(input.value)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobAfterSwap", markInvalid);

  // The focus stays on an offer that is replaced by the same one.
  let focused = "";
  document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target: place } }) => {
    focused = place.contains(document.activeElement) ? document.activeElement.dataset.ranges ?? "" : "";
  });
  document.addEventListener("htmx:oobAfterSwap", ({ detail: { target: place } }) => {
    if (focused) place.querySelector(`[data-ranges="${focused}"]`)?.focus({ preventScroll: true });
    focused = "";
  });
  form.addEventListener("input", showFilled);
  form.addEventListener("change", showFilled);
  window.addEventListener("pageshow", showFilled);

  window.shortcuts.add([
    { key: "n", label: "Bad lumisections of the component; Enter leaves the field, Esc gives back what was there", target: "[data-ranges-toggle]", run: () => open(target()) },
    { key: "s", label: "To the ranges that are offered; once more takes them", run: goToOffer },
  ]);
})();
