// Tables and lists of rows on every page: j and k move the focus from row to row, the arrow keys too once a row has it.
// Enter follows the link of the row: on open runs that of the first open reconstruction. Rows may arrive after the page.
(() => {
  "use strict";
  const TABLES = ":is([data-rows], .week-part, .week-report)";
  const ROWS = `[data-rows] tr[data-run], ${TABLES} tbody tr:has(a[href]), .changes > li:has(a[href])`;
  const ARROWS = { ArrowDown: 1, ArrowUp: -1 };
  const currentRows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());

  const focusRow = (row) => {
    // On open runs one row can be reached with Tab, which is the last that had the focus.
    row.closest("[data-rows]")?.querySelectorAll("tr[tabindex='0']").forEach((other) => { other.tabIndex = -1; });
    row.tabIndex = row.matches("[data-rows] tr[data-run]") ? 0 : -1;
    row.focus();
  };

  const moveFocus = (step) => {
    const rows = currentRows();
    const index = rows.indexOf(document.activeElement?.closest(ROWS));
    const row = index < 0 ? rows[0] : rows[index + step];
    if (row) focusRow(row);
  };

  const linkOf = (row) => row.querySelector(row.querySelector("[data-state]") ? 'a[data-state="open"]' : "a[href]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !event.target.matches?.(ROWS)) return;
    if (event.key in ARROWS) { event.preventDefault(); moveFocus(ARROWS[event.key]); }
    if (event.key === "Enter") linkOf(event.target)?.click();
  });

  let isDeclared = false;
  const declare = () => {
    if (isDeclared || !document.querySelector(ROWS)) return;
    isDeclared = true;
    window.shortcuts.add([
      { key: "j", label: "The next row; Enter opens it", run: () => moveFocus(1) },
      { key: "k", label: "The row before", run: () => moveFocus(-1) },
    ]);
  };
  declare();
  document.addEventListener("htmx:afterSettle", declare);
})();
