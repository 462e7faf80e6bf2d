// Light, dark or as the system has it. Loaded before the first paint: the choice is
// this browser's own, so the server cannot know it.
(function () {
  "use strict";

  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;
  const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      const choice = localStorage.getItem("zelto-theme");
      return CHOICES.includes(choice) ? choice : "auto";
    } catch {
      return "auto";
    }
  }

  function remember(choice) {
    try {
      localStorage.setItem("zelto-theme", choice);
    } catch {
      // Storage is off: the choice holds for this page.
    }
  }

  function apply(choice) {
    const system = systemIsDark.matches ? "dark" : "light";
    root.setAttribute("data-bs-theme", choice === "auto" ? system : choice);
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.title = "Theme: " + choice;
      button.setAttribute("aria-label", "Theme: " + choice + ". Change it.");
      for (const sign of button.querySelectorAll("[data-theme-icon]")) {
        sign.hidden = sign.dataset.themeIcon !== choice;
      }
    }
  }

  let choice = chosen();
  apply(choice);
  systemIsDark.addEventListener("change", () => apply(choice));
  document.addEventListener("DOMContentLoaded", () => apply(choice));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    remember(choice);
    apply(choice);
  });
})();
