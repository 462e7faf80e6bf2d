// The turn that is heard is marked and kept in view, until the reader scrolls away. A
// click on the time of a turn plays from there.
(function () {
  "use strict";

  const player = window.zeltoPlayer;
  const SCROLL_KEYS = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let follows = true;
  let current = null;

  // In the order of time, which need not be that of the page.
  function heard() {
    const list = document.querySelector("[data-turns]");
    let last = null;
    let lastStart = -1;
    for (const turn of list ? list.querySelectorAll("[data-start]") : []) {
      const start = Number(turn.dataset.start);
      if (start <= player.second && start >= lastStart) [last, lastStart] = [turn, start];
    }
    return last;
  }

  function mark() {
    const turn = player.second > 0 || player.plays ? heard() : null;
    if (turn === current && (!turn || turn.isConnected)) return;
    if (current) current.removeAttribute("aria-current");
    current = turn;
    if (!turn) return;
    turn.setAttribute("aria-current", "true");
    if (follows) bring(turn);
  }

  // What the reader sees: below what sticks to the top.
  function bring(turn) {
    const place = document.querySelector("[data-player]");
    const sticks = getComputedStyle(place).position === "sticky";
    const top = sticks ? place.getBoundingClientRect().bottom : 0;
    const { top: from, bottom: to } = turn.getBoundingClientRect();
    if (from >= top + 8 && to <= window.innerHeight - 8) return;
    const room = (window.innerHeight - top) / 4;
    window.scrollBy({ top: from - top - room, behavior: still.matches ? "auto" : "smooth" });
  }

  function follow(on) {
    follows = on;
    const button = player.followButton;
    if (button) button.hidden = on;
    if (on && current) bring(current);
  }

  // A hand on the wheel or the screen, or a key that scrolls: not our own scrolling.
  function lookedAway() {
    if (player.isThere && player.plays && follows) follow(false);
  }

  for (const kind of ["wheel", "touchmove"]) {
    document.addEventListener(kind, lookedAway, { passive: true });
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target.closest("[role=slider], input, select")) return;
    if (SCROLL_KEYS.includes(event.key)) lookedAway();
  });

  document.addEventListener("click", (event) => {
    if (!player.isThere || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("[data-follow]")) follow(true);
    const link = event.target.closest("a[data-second]");
    if (!link) return;
    event.preventDefault();
    player.seek(Number(link.dataset.second));
  });

  document.addEventListener("zelto:second", mark);
  document.addEventListener("zelto:sought", () => {
    follow(true);
    mark();
  });
  // A further part of the turns was loaded.
  document.addEventListener("htmx:afterSettle", mark);
  if (player.second > 0) mark();
})();
