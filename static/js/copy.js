// Copy buttons: data-copy holds the text, data-copy-from a selector of what to copy.
(function () {
  "use strict";

  // For pages served over plain http, where the clipboard interface does not exist.
  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "z-offscreen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }

  function copy(text) {
    if (navigator.clipboard) {
      return navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
    }
    return copyBySelection(text);
  }

  function show(button, word) {
    const place = button.querySelector("[data-copy-word]");
    const before = place ? place.textContent : button.getAttribute("aria-label");
    const say = (text) => {
      if (place) place.textContent = text;
      else button.setAttribute("aria-label", text);
    };
    if (button.dataset.copied) return;
    button.dataset.copied = word;
    say(word);
    window.setTimeout(() => {
      delete button.dataset.copied;
      say(before);
    }, 1600);
  }

  function reveal() {
    for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
      button.hidden = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom;
    const text = source
      ? document.querySelector(source).textContent
      : button.dataset.copy;
    copy(text).then(
      () => show(button, "Copied"),
      () => show(button, "Not copied"),
    );
  });

  reveal();
  document.addEventListener("htmx:afterSettle", reveal);
})();
