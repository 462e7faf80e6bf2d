// Chooses the browser's time zone where nobody has chosen one yet.
(function () {
  "use strict";

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of document.querySelectorAll("[data-guess-time-zone]")) {
    const untouched = select.value === "UTC";
    const known = Array.from(select.options).some((option) => option.value === zone);
    if (untouched && known) select.value = zone;
  }
})();
