// The lanes of the timeline on the certify page: one for each component, with what is in its field, and dashed what is
// offered. window.timelineLanes is what the selection needs (timeline_selection.js).
(() => {
  "use strict";
  const panel = document.querySelector("[data-certify] [data-lumisections][data-flags]");
  if (!panel) return;
  const form = panel.closest("form");
  const { parse, count } = window.numberRanges;
  const { components, labelOf, rangesOf, isReadable, isOut } = window.certifyRanges;
  const { partsOf } = window.timelines;
  const [ROW, TOP, BAR] = [14, 2, 10]; // sixteenths of a rem, as the rows above
  const LEAST_WIDTH = 0.5; // percent

  const timeline = () => panel.querySelector("[data-timeline]");
  const lastOf = (shown) => Number(partsOf(shown).at(-1).dataset.last);

  function svgElement(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  }

  // A part of the picture with its numbers: lumisections, and its place in percent.
  const numbersOf = ({ dataset: { first, last, x, width } }) => ({ first: Number(first), last: Number(last), x: Number(x), scale: width / (last - first + 1) });

  // Places of lumisections in percent of the picture: one in each of its parts.
  function boxesOf([first, last]) {
    const parts = partsOf(timeline()).map(numbersOf).filter((part) => first <= part.last && part.first <= last);
    return parts.map((part) => {
      const [from, to] = [Math.max(first, part.first), Math.min(last, part.last)];
      const width = Math.max((to - from + 1) * part.scale, LEAST_WIDTH);
      return { x: `${part.x + (from - part.first) * part.scale}%`, width: `${width}%` };
    });
  }

  const rectangles = (ranges, attributes) => ranges.flatMap(boxesOf).map((box) => svgElement("rect", { ...attributes, ...box }));

  const offeredTo = (component) => [...form.querySelectorAll(`[data-ranges-offer="${component.dataset.component}"]`)]
    .flatMap((button) => parse(button.dataset.ranges).ranges);

  // No count of a text that cannot be read.
  const rangesIn = (component) => (isReadable(component) ? rangesOf(component) : []);

  function laneOf({ marked, offered }, row) {
    const place = { y: `${(row * ROW + TOP) / 16}rem`, height: `${BAR / 16}rem` };
    const crosses = `url(#${timeline().querySelector("pattern[id^=bad-]").id})`;
    const whole = [[1, lastOf(timeline())]];
    return [
      ...rectangles(whole, { class: "s-lane", ...place }),
      ...rectangles(marked, { class: "s-bad", ...place }), ...rectangles(marked, { fill: crosses, ...place }),
      ...rectangles(offered, { class: "s-selection", ...place }),
    ];
  }

  function item(texts) {
    const element = document.createElement("li");
    element.append(...texts);
    return element;
  }

  function hidden(text) {
    const element = document.createElement("span");
    element.className = "visually-hidden";
    element.textContent = text;
    return element;
  }

  // A selection has the lanes of all components in which it may be marked, so that a mark moves nothing.
  function drawLanes(hasSelection) {
    const lanes = components.map((component) => ({ component, marked: rangesIn(component), offered: offeredTo(component) }))
      .filter(({ component, marked, offered }) => marked.length || offered.length || (hasSelection && !isOut(component)));
    const [names, plot, counts] = ["names", "lanes", "counts"].map((name) => panel.querySelector(`[data-ranges-${name}]`));
    plot.setAttribute("height", `${(lanes.length * ROW) / 16}rem`);
    plot.replaceChildren(...lanes.flatMap(laneOf));
    names.replaceChildren(...lanes.map(({ component }) => item([labelOf(component)])));
    counts.replaceChildren(...lanes.map(({ component, marked }) => item(marked.length ? [hidden(`${labelOf(component)}: `), `${count(marked)} bad`] : [])));
  }

  window.timelineLanes = { panel, form, timeline, lastOf, numbersOf, rectangles, drawLanes };
})();
