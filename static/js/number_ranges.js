// Ranges of whole numbers as [first, last], both included, and as text such as "310-330, 352". The server has the same
// algebra and decides (infrastructure/number_ranges.py); here it serves the drawing and the actions of one click.
window.numberRanges = (() => {
  "use strict";
  const DASHES = / ?[-‐‑‒–—−] ?/g;
  const RANGE = /^(\d{1,7})(?:-(\d{1,7}))?$/;

  function merged(ranges) {
    const all = [];
    for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
      const before = all.at(-1);
      if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else all.push([first, last]);
    }
    return all;
  }

  function rangeOf(part) {
    const found = RANGE.exec(part);
    if (!found) return null;
    const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])];
    return first >= 1 && first <= last ? [first, last] : null;
  }

  // The ranges of a text, and whether all of it could be read: ranges that overlap are refused.
  function parse(text) {
    const inOneLine = text.trim().split(/\s+/).join(" ");
    const found = inOneLine.replace(DASHES, "-").split(/[ ,;]+/).filter(Boolean).map(rangeOf);
    const ranges = merged(found.filter(Boolean));
    return { ranges, isReadable: found.every(Boolean) && count(found) === count(ranges) };
  }

  function without(ranges, removed) {
    return merged(removed).reduce(
      (left, [gapFirst, gapLast]) => left.flatMap(([first, last]) => [
        [first, Math.min(last, gapFirst - 1)], [Math.max(first, gapLast + 1), last],
      ].filter((range) => range[0] <= range[1])),
      merged(ranges),
    );
  }

  const count = (ranges) => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const format = (ranges, dash = "-") => ranges.map(([first, last]) => (last > first ? `${first}${dash}${last}` : `${first}`)).join(", ");
  return { parse, merged, without, count, format };
})();
