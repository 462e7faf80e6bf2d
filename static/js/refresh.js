// Parts of a page that turn by themselves while somebody looks: the page names an address,
// and each part of the answer takes the place of the one with its id where it differs.
(function () {
  "use strict";

  // Seconds from the last sign of a reader, or of news, to the time between two looks.
  const PACES = [
    [300, 3],
    [1800, 10],
    [Infinity, 30],
  ];

  const address = document.body.dataset.refresh;
  if (!address) return;

  let timer = null;
  let lastSign = Date.now();
  let asking = false;

  function schedule() {
    window.clearTimeout(timer);
    if (document.hidden) return;
    const idle = (Date.now() - lastSign) / 1000;
    const pace = PACES.find((one) => idle < one[0])[1];
    timer = window.setTimeout(look, pace * 1000);
  }

  async function look() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(address, {
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      // Signed out, or no longer a member: a full load says which.
      if (answer.redirected || answer.status === 403 || answer.status === 404) return;
      if (answer.ok) take(await answer.text());
      schedule();
    } catch {
      schedule();
    } finally {
      asking = false;
    }
  }

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const fresh of page.querySelectorAll("[data-part][id]")) {
      const part = document.getElementById(fresh.id);
      if (!part || says(part) === says(fresh) || isInUse(part)) continue;
      part.replaceWith(document.adoptNode(fresh));
      lastSign = Date.now();
      document.dispatchEvent(new Event("zelto:rows"));
    }
  }

  // What a part says, apart from how long ago: times.js keeps that true.
  function says(part) {
    const copy = part.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = "";
    return copy.innerHTML;
  }

  // A part that has the focus or part of the selection stays as it is.
  function isInUse(part) {
    if (part.contains(document.activeElement)) return true;
    const selection = window.getSelection();
    return !selection.isCollapsed && selection.containsNode(part, true);
  }

  function sign() {
    const slow = Date.now() - lastSign > PACES[0][0] * 1000;
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
      look();
    }
  });

  schedule();
})();
