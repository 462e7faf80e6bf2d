// Rows that are selected: by their boxes, the one in the head, `x` on the row that has
// the focus, or all that match. live.js keeps the boxes as they are when rows move.
(function () {
  "use strict";

  const form = document.querySelector("[data-selection]");
  if (!form) return;
  const count = form.querySelector("[data-selection-count]");
  const matching = form.querySelector("[data-select-matching]");
  const erase = form.querySelector("[data-selection-erase]");
  const news = document.querySelector("[data-selection-news]");
  let last = null;
  let said = "";

  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const pageBox = () => document.querySelector("[data-select-page]");

  function textOf(chosen) {
    if (matching && matching.checked) return "All that match are selected";
    return chosen.length === 0 ? "None selected" : `${chosen.length} selected`;
  }

  function show() {
    const all = boxes();
    // What arrives while all that match are selected is one of them.
    if (matching && matching.checked) for (const box of all) box.checked = true;
    const chosen = all.filter((box) => box.checked);
    const text = textOf(chosen);
    form.classList.toggle("z-selection-on", chosen.length > 0);
    count.textContent = text;
    if (text !== said) news.textContent = said === "" && chosen.length === 0 ? "" : text;
    said = text;
    if (erase) erase.disabled = Boolean(matching && matching.checked);
    const head = pageBox();
    if (!head) return;
    head.checked = chosen.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }

  function selectAll(on) {
    if (!on && matching) matching.checked = false;
    for (const box of boxes()) box.checked = on;
    last = null;
    show();
  }

  // With the shift key: all from the box before to this one.
  function reach(box, other) {
    const all = boxes();
    const [from, to] = [all.indexOf(box), all.indexOf(other)].sort((a, b) => a - b);
    if (from < 0) return;
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  }

  function take(box) {
    if (!box.checked && matching) matching.checked = false;
    last = box;
    show();
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-select]")) take(box);
    else if (box.matches("[data-select-page]")) selectAll(box.checked);
    else if (box === matching) selectAll(box.checked);
  });

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches("[data-selection-clear], [data-selection-clear] *")) clear();
    else if (event.shiftKey && last && box.matches("[data-select]")) reach(box, last);
  });

  function clear() {
    selectAll(false);
    const first = document.querySelector(".z-row-link");
    if (first) first.focus({ preventScroll: true });
  }

  function toggleFocused() {
    const row = document.activeElement && document.activeElement.closest("tr");
    const box = row && row.querySelector("[data-select]");
    if (!box) return false;
    box.checked = !box.checked;
    take(box);
    return true;
  }

  window.zeltoKeys.add(["x"], "Select the row, or not", toggleFocused);
  document.addEventListener("zelto:rows", show);
  // A page that comes back from the browser's memory has its ticks.
  window.addEventListener("pageshow", show);
  // All that match need no ids.
  form.addEventListener("formdata", (event) => {
    if (matching && matching.checked) event.formData.delete("id");
  });
  show();
})();
