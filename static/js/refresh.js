// Parts of a page that turn by themselves while somebody looks: the page names an address,
// and each part of the answer takes the place of the one with its id where it differs.
// An answer with `data-settled` is the last one that is asked for. Where answers have an
// `ETag`, the page carries that of its own parts, and 304 means that nothing changed.
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

  // A look that took long is not repeated at once: at most a tenth of the time is spent
  // looking.
  const REST = 10;

  const { keepLooking, isOver, isInUse } = window.zeltoLooking;
  let etag = document.body.dataset.refreshEtag;
  let lookTook = 0;

  async function look() {
    const began = Date.now();
    try {
      const headers = { "HX-Request": "true" };
      if (etag) headers["If-None-Match"] = etag;
      const answer = await fetch(address, {
        headers,
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      lookTook = Date.now() - began;
      if (isOver(answer)) return false;
      if (answer.ok) {
        const goesOn = take(await answer.text());
        etag = wasAllTaken ? answer.headers.get("ETag") : null;
        return goesOn;
      }
    } catch {
      // Not reachable just now: the next look will tell.
    }
    return true;
  }

  // A part that is in use is left as it is, and asked for again.
  let wasAllTaken = true;

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    wasAllTaken = true;
    for (const fresh of page.querySelectorAll("[data-part][id]")) {
      const part = document.getElementById(fresh.id);
      if (!part || says(part) === says(fresh)) continue;
      if (isInUse(part)) {
        wasAllTaken = false;
        continue;
      }
      part.replaceWith(document.adoptNode(fresh));
      if (window.htmx) window.htmx.process(fresh);
      looking.noteNews();
      document.dispatchEvent(new Event("zelto:rows"));
    }
    return !page.querySelector("[data-settled]");
  }

  // What a part says, apart from how long ago: times.js keeps that true. What a script
  // of the page builds up carries a version instead.
  function says(part) {
    if (part.dataset.version) return part.dataset.version;
    const copy = part.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = "";
    return copy.innerHTML;
  }

  const looking = keepLooking(PACES, look, () => lookTook * REST);
})();
