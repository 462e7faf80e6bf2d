// A cursor on the rows of a list, by keys: it is the focus of the row's link, so that a
// screen reader follows, Enter opens, and rows that arrive leave it where it is.
(function () {
  "use strict";

  const keys = window.zeltoKeys;
  if (!keys) return;
  // The row it was on last: whoever comes back from elsewhere goes on there.
  let last = "";

  const links = () => [...document.querySelectorAll("tbody > .z-row .z-row-link")];
  const rowOf = (element) => element && element.closest("tbody > .z-row");

  function place(all) {
    const row = rowOf(document.activeElement) || document.getElementById(last);
    return row ? all.indexOf(row.querySelector(".z-row-link")) : -1;
  }

  function move(step) {
    const all = links();
    if (!all.length) return false;
    const at = place(all);
    const isThere = at >= 0 && rowOf(document.activeElement);
    const next = isThere ? at + step : Math.max(at, 0);
    const link = all[Math.min(Math.max(next, 0), all.length - 1)];
    last = rowOf(link).id;
    link.focus();
    return true;
  }

  function open(isEnter) {
    const row = rowOf(document.activeElement);
    const link = row && row.querySelector(".z-row-link");
    // Enter on another link of the row means that one.
    if (!link || (isEnter && document.activeElement !== link)) return false;
    link.click();
    return true;
  }

  // Arrows scroll the page, unless the cursor is shown.
  function isShown(event) {
    return !event.key.startsWith("Arrow") || document.activeElement.matches(".z-row-link");
  }

  keys.add(["j", "ArrowDown"], "Next row", (event) => isShown(event) && move(1));
  keys.add(["k", "ArrowUp"], "Previous row", (event) => isShown(event) && move(-1));
  keys.add(["o", "Enter"], "Open the row", (event) => open(event.key === "Enter"));
})();
