// Menus that close themselves, messages that can be put away, and a page that somebody
// goes back to: it is asked for anew.
(function () {
  "use strict";

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("[data-dismissible]").remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest && event.target.closest("details[data-menu][open]");
    closeMenus(null);
    if (menu) menu.querySelector("summary").focus();
  });

  // A browser may keep a page as it was, although it is told not to (Firefox and Safari do
  // at http). Whoever goes back may have logged out since, or its forms be out of date: it
  // is hidden until it has come again.
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) document.documentElement.style.visibility = "hidden";
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
