// Bad lumisections are selected on the timeline of the certify page. Drag, shift-click, two taps, or Shift with the arrow
// keys select them for the current component; edges snap to those of segments that are close (Alt: free). Enter marks the
// selection bad, again or Delete removes it, Esc drops it; 1, 2, 3 and the buttons mark it in any component. A save waits
// once for a selection that is not marked. Lumisections in which the detector was off are not marked: they drop out by
// their bits.
(() => {
  "use strict";
  if (!window.timelineLanes) return;
  const { panel, form, timeline, lastOf, numbersOf, rectangles, drawLanes } = window.timelineLanes;
  const { parse, without, count, format } = window.numberRanges;
  const { components, target, labelOf, rangesOf, isOut, add, remove, announce } = window.certifyRanges;
  const { partsOf, show, numberAt } = window.timelines;
  const SNAP = { px: 3, lumisections: 2 }; // whichever is less: a drag loses nothing that was seen
  const DRAG = 4;

  let selection = null; // { anchor, end, first, last, isSnapped, isRemoved: taken out of a field on purpose }
  let anchor = null; // the lumisection clicked or tapped last
  let drag = null;
  let reportedSelection = ""; // that for which a save has waited

  // Also what is after the last active lumisection, the end of the first part.
  const offIn = (component) => [
    ...parse(timeline().getAttribute(`data-off-${component.dataset.component}`) ?? "").ranges,
    [Number(partsOf(timeline())[0].dataset.last) + 1, Infinity],
  ];
  const selected = () => [selection.first, selection.last];
  const judgedFor = (component) => without([selected()], offIn(component));
  const unmarkedIn = (component) => without(judgedFor(component), rangesOf(component));
  const isMarkedIn = (component) => judgedFor(component).length > 0 && !unmarkedIn(component).length;
  const mayMark = (component) => judgedFor(component).length > 0 && (!isOut(component) || isMarkedIn(component));
  const isPartlyMarked = () => !isMarkedIn(target()) && count(unmarkedIn(target())) < count(judgedFor(target()));
  const isUnmarked = () => Boolean(selection) && !selection.isRemoved
    && components.some(mayMark) && !components.some(isMarkedIn);

  function sentence() {
    const [label, ranges] = [labelOf(target()), judgedFor(target())];
    const off = selection.last - selection.first + 1 - count(ranges);
    const state = isMarkedIn(target()) ? `marked bad in ${label}` : `${count(ranges)} LS for ${label}`;
    if (isOut(target()) && !isMarkedIn(target())) return `${format([selected()], "–")} · ${label} is bad or excluded in the whole run`;
    return [
      format([selected()], "–"), state, ...(off ? [`${off} LS off anyway, not marked`] : []), ...(selection.isSnapped ? ["Alt: free edges"] : []),
    ].join(" · ");
  }

  function unmarkedSentence() {
    const [verb, object] = selection.first === selection.last ? ["is", "it"] : ["are", "them"];
    return `${format([selected()])} ${verb} selected but not marked. Mark ${object} (Enter) or drop ${object} (Esc).`;
  }

  function keyCap(key) {
    const element = document.createElement("kbd");
    element.textContent = key;
    return element;
  }

  const actionText = (component) => `${isMarkedIn(component) ? "Remove from" : "Mark bad in"} ${labelOf(component)}`;

  function choiceButton(text, key, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.dataset.timelineChoice = name;
    button.append(text, " ", keyCap(key));
    return button;
  }

  // The current component first; a button with the focus stays while nothing changes.
  function drawButtons() {
    const button = panel.querySelector("[data-timeline-mark]");
    button.replaceChildren(actionText(target()), " ", keyCap("Enter"));
    button.hidden = !mayMark(target());
    const others = components.filter((component) => component !== target() && mayMark(component));
    const buttons = [
      ...(isPartlyMarked() ? [choiceButton(`Unmark in ${labelOf(target())}`, "Delete", "")] : []),
      ...others.map((component) => choiceButton(actionText(component), components.indexOf(component) + 1, component.dataset.component)),
    ];
    const place = panel.querySelector("[data-timeline-choices]");
    const textOf = (elements) => elements.map((element) => element.textContent).join();
    if (textOf([...place.children]) !== textOf(buttons)) place.replaceChildren(...buttons);
  }

  // What a save has waited for is listed until it is marked or dropped.
  function showReported() {
    const isReported = isUnmarked() && format([selected()]) === reportedSelection;
    if (!isReported) reportedSelection = "";
    form.dispatchEvent(new CustomEvent("unmarked", { detail: isReported ? unmarkedSentence() : "" }));
    return isReported;
  }

  function drawSelection() {
    const shown = timeline();
    if (!shown) return;
    shown.querySelectorAll(".s-selection").forEach((box) => box.remove());
    shown.toggleAttribute("data-selected", Boolean(selection));
    const isReported = showReported();
    const [button, choices] = ["mark", "choices"].map((name) => panel.querySelector(`[data-timeline-${name}]`));
    button.hidden = true;
    choices.hidden = !selection;
    if (!selection) return;
    shown.append(...rectangles([selected()], { class: "s-selection", y: 0, height: "100%" }));
    panel.querySelector("[data-timeline-line]").textContent = isReported ? unmarkedSentence() : sentence();
    drawButtons();
  }

  function select(from, to, isSnapped = false) {
    selection = { anchor: from, end: to, first: Math.min(from, to), last: Math.max(from, to), isSnapped };
    draw();
  }

  function drop() {
    if (!selection) return;
    const shown = timeline();
    const at = selection.end;
    selection = null;
    draw();
    delete shown.dataset.at;
    show(shown, at);
  }

  function mark(component = target()) {
    const ranges = judgedFor(component);
    if (!mayMark(component)) return;
    if (isMarkedIn(component)) unmark(component);
    else {
      selection.isRemoved = false;
      add(component, ranges);
      announce(`${format(ranges)} marked bad in ${labelOf(component)}.`);
    }
  }

  function unmark(component = target()) {
    selection.isRemoved = true;
    if (remove(component, [selected()])) announce(`${format([selected()])} removed from ${labelOf(component)}.`);
    else panel.querySelector("[data-timeline-line]").textContent = `The ranges of ${labelOf(component)} cannot be read. Correct them first.`;
  }

  // The keys of a selection work on the timeline.
  function pressButton(button) {
    const component = components.find((other) => other.dataset.component === button.dataset.timelineChoice);
    if (component || button.matches("[data-timeline-mark]")) mark(component); else unmark();
    timeline().focus({ preventScroll: true });
  }

  // Before all other listeners, so that none takes it for a save.
  window.addEventListener("submit", (event) => {
    if (event.target !== form || !timeline() || !isUnmarked() || reportedSelection) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    reportedSelection = format([selected()]);
    drawSelection();
    timeline().focus({ preventScroll: true });
    panel.querySelector(".timeline-line").scrollIntoView({ block: "nearest" });
  }, true);

  // Edges: the first lumisection of each segment, and the one after the last.
  function borders() {
    const rows = [...panel.querySelectorAll("[data-timeline-segments] tbody th")];
    return rows.map((row) => row.textContent.split("–").map(Number)).flatMap(([first, last = first]) => [first, last + 1]);
  }

  function snapped(edge) {
    const part = partsOf(timeline()).map(numbersOf).find(({ last }) => edge <= last + 1);
    const reach = Math.min((100 * SNAP.px) / (timeline().getBoundingClientRect().width * part.scale), SNAP.lumisections);
    const near = borders().filter((border) => Math.abs(border - edge) <= reach);
    return near.sort((a, b) => Math.abs(a - edge) - Math.abs(b - edge))[0] ?? edge;
  }

  function selectSnapped(from, to, isFree) {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const [start, end] = isFree ? [first, last] : [snapped(first), snapped(last + 1) - 1];
    const edges = start <= end ? [start, end] : [first, last];
    const isSnapped = edges[0] !== first || edges[1] !== last;
    select(...(from <= to ? edges : edges.reverse()), isSnapped);
  }

  // By pointer. Beside a part of the picture, the nearest lumisection counts.
  function nearestAt(x) {
    const { left, right } = timeline().getBoundingClientRect();
    const inside = Math.min(Math.max(x, left + 0.5), right - 0.5);
    return numberAt(timeline(), inside) ?? Number(partsOf(timeline())[0].dataset.last);
  }

  const isOn = (event) => Boolean(event.target.closest?.("[data-timeline]") && panel.contains(event.target));

  panel.addEventListener("pointerdown", (event) => {
    if (!isOn(event) || event.button !== 0) return;
    const number = nearestAt(event.clientX);
    if (event.shiftKey) selectSnapped(selection?.anchor ?? anchor ?? number, number, event.altKey);
    else drag = { from: number, x: event.clientX, hasMoved: false };
  });

  panel.addEventListener("pointermove", (event) => {
    if (!event.buttons) drag = null; // released outside the panel, before the pointer was captured
    if (!drag || !timeline()) return;
    if (!drag.hasMoved && Math.abs(event.clientX - drag.x) < DRAG) return;
    if (!drag.hasMoved) timeline().setPointerCapture(event.pointerId);
    drag.hasMoved = true;
    selectSnapped(drag.from, nearestAt(event.clientX), event.altKey);
  });

  function pressTimeline(number, event) {
    const isSecondTap = event.pointerType !== "mouse" && anchor && !selection && anchor !== number;
    if (isSecondTap) selectSnapped(anchor, number, event.altKey);
    else drop();
    anchor = isSecondTap ? null : number;
  }

  panel.addEventListener("pointerup", (event) => {
    if (drag && timeline()) {
      if (drag.hasMoved) timeline().focus({ preventScroll: true });
      else pressTimeline(drag.from, event);
      // On a phone the buttons may be below the panel at the lower edge.
      if (selection) panel.querySelector(".timeline-line").scrollIntoView({ block: "nearest" });
    }
    drag = null;
  });
  panel.addEventListener("pointercancel", () => {
    if (drag?.hasMoved) drop(); // the browser scrolls instead
    drag = null;
  });
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-timeline-mark], [data-timeline-choice]");
    if (button && selection) pressButton(button);
  });

  // By keyboard. Without Shift the arrow keys are those of the line (lumisections.js).
  const STEPS = {
    ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 1, End: (_, last) => last,
    // To the first or the last lumisection of a segment.
    PageUp: (at) => borders().filter((border) => border < at).at(-1) ?? 1,
    PageDown: (at, last) => borders().find((border) => border > at + 1 && border <= last + 1) - 1 || last,
  };

  function move(event, shown) {
    const at = selection?.end ?? Number(shown.dataset.at ?? 1);
    const to = Math.min(Math.max(STEPS[event.key](at, lastOf(shown)), 1), lastOf(shown));
    if (event.shiftKey) select(selection?.anchor ?? at, to);
    else drop();
    if (event.shiftKey || event.key.startsWith("Page")) show(shown, to);
  }

  const ACTIONS = {
    Enter: () => mark(), Delete: () => unmark(), Escape: drop,
    ...Object.fromEntries(components.map((component, at) => [at + 1, () => mark(component)])),
  };

  panel.addEventListener("keydown", (event) => {
    const shown = timeline();
    if (event.target !== shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOwnKey = event.key in ACTIONS || (event.key in STEPS && (event.shiftKey || event.key.startsWith("Page")));
    if (isOwnKey) event.preventDefault();
    if (event.key in STEPS) { move(event, shown); return; }
    if (!(event.key in ACTIONS)) return;
    if (!selection && event.key !== "Escape" && shown.dataset.at) select(Number(shown.dataset.at), Number(shown.dataset.at));
    if (selection) ACTIONS[event.key]();
  });

  function draw() {
    if (timeline()) drawLanes(Boolean(selection));
    drawSelection();
  }

  // The panel is loaded again for the flags of Run Registry: the focus and the lumisection stay on the timeline.
  let before = {};
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === panel) before = { hadFocus: document.activeElement === timeline(), at: timeline()?.dataset.at };
  });
  panel.addEventListener("htmx:afterSwap", () => {
    if (before.at && timeline()) show(timeline(), Number(before.at));
    if (before.hadFocus && timeline()) timeline().focus({ preventScroll: true });
    before = {};
  });

  for (const name of ["input", "change", "current"]) form.addEventListener(name, draw);
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, draw);
  window.shortcuts.add([{ key: "Shift+→", label: "On the timeline: select lumisections; Enter marks them bad, 1, 2, 3 in a component, Delete removes, Esc drops" }]);
})();
