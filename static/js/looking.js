// Looks again and again while somebody reads the page: more slowly once nobody gives a
// sign, and not at all in a hidden tab. For live.js and refresh.js.
window.zeltoLooking = (function () {
  "use strict";

  // paces: pairs of seconds: since the last sign of a reader, or of news, and between two
  // looks. look: asks once and never fails; false ends it. rest: the least wait, in ms.
  function keepLooking(paces, look, rest = () => 0) {
    let timer = null;
    let lastSign = Date.now();
    let asking = false;

    function schedule() {
      window.clearTimeout(timer);
      if (document.hidden) return;
      const idle = (Date.now() - lastSign) / 1000;
      const pace = paces.find((one) => idle < one[0])[1];
      timer = window.setTimeout(ask, Math.max(pace * 1000, rest()));
    }

    async function ask() {
      if (asking) return;
      asking = true;
      try {
        if ((await look()) !== false) schedule();
      } finally {
        asking = false;
      }
    }

    function sign() {
      const slow = Date.now() - lastSign > paces[0][0] * 1000;
      lastSign = Date.now();
      if (slow) schedule();
    }

    for (const kind of ["pointermove", "keydown", "touchstart"]) {
      document.addEventListener(kind, sign, { passive: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        window.clearTimeout(timer);
      } else {
        lastSign = Date.now();
        ask();
      }
    });

    schedule();
    return {
      noteNews() {
        lastSign = Date.now();
      },
    };
  }

  // Signed out, or no longer a member: a full load says which.
  function isOver(answer) {
    return answer.redirected || answer.status === 403 || answer.status === 404;
  }

  // What has the focus or part of the selection stays as it is.
  function isInUse(part) {
    if (part.contains(document.activeElement)) return true;
    const selection = window.getSelection();
    return !selection.isCollapsed && selection.containsNode(part, true);
  }

  return { keepLooking, isOver, isInUse };
})();
