// Keeps "2 min ago" true while a page stays open. The steps are those of
// web/templatetags/moments.py; what is older keeps the date the server wrote.
(function () {
  "use strict";

  const RELATIVE_DAYS = 7;

  function relative(then) {
    const distance = (Date.now() - then) / 1000;
    const seconds = Math.abs(distance);
    if (Number.isNaN(seconds) || seconds >= RELATIVE_DAYS * 86400) return null;
    if (seconds < 45) return "just now";
    const minutes = Math.max(1, Math.round(seconds / 60));
    let text;
    if (minutes < 60) text = minutes + " min";
    else if (seconds < 86400) text = (Math.floor(seconds / 3600) || 1) + " h";
    else text = Math.floor(seconds / 86400) + " d";
    return distance < 0 ? "in " + text : text + " ago";
  }

  function refresh() {
    for (const element of document.querySelectorAll("time[data-when]")) {
      const text = relative(Date.parse(element.dateTime));
      if (text !== null && text !== element.textContent) element.textContent = text;
    }
  }

  refresh();
  window.setInterval(refresh, 15000);
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("htmx:afterSettle", refresh);
  document.addEventListener("zelto:rows", refresh);
})();
