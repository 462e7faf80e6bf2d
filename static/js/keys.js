// Single keys for what a page offers: `data-key` names the keys of a link or a control
// (separated by spaces), `data-key-says` what they do. A script adds others by
// `zeltoKeys.add`. `?` lists them, and they can be turned off there: whoever speaks to
// a computer types by accident.
window.zeltoKeys = (function () {
  "use strict";

  const SHOWN = {
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Enter: "↵",
    " ": "Space",
  };
  const CONTROLS = "input:not([type=checkbox]), select, textarea, [contenteditable], [role=slider]";
  const added = [];
  let dialog = null;

  function areOff() {
    try {
      return localStorage.getItem("zelto-keys") === "off";
    } catch {
      return false;
    }
  }

  function turn(off) {
    try {
      if (off) localStorage.setItem("zelto-keys", "off");
      else localStorage.removeItem("zelto-keys");
    } catch {
      // Storage is off: they stay on.
    }
  }

  // keys: as KeyboardEvent.key says them. run: returns false where it did nothing.
  function add(keys, says, run) {
    added.push({ keys, says, run });
  }

  function ofPage() {
    const found = [];
    for (const element of document.querySelectorAll("[data-key]")) {
      if (element.closest("[hidden]")) continue;
      const keys = element.dataset.key.split(" ");
      found.push({ keys, says: element.dataset.keySays, run: () => use(element) });
    }
    return found.concat(added);
  }

  function use(element) {
    if (element.matches("input, select, textarea")) {
      element.focus();
      if (element.select) element.select();
    } else {
      element.click();
    }
  }

  // Whoever types, or moves within a control, means that control.
  function isTaken(event) {
    const place = event.target;
    if (!(place instanceof Element)) return false;
    // What is closed by now can keep the focus for a moment.
    if (place.closest("dialog:not([open])")) return false;
    if (place.closest(CONTROLS) || place.closest("dialog, [popover]")) return true;
    const moves = event.key.startsWith("Arrow");
    return moves && Boolean(place.closest("pre, [tabindex='0'], audio"));
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || isTaken(event)) return;
    if (event.key === "?") {
      event.preventDefault();
      help();
      return;
    }
    if (areOff()) return;
    const one = ofPage().find((each) => each.keys.includes(event.key));
    if (one && one.run(event) !== false) event.preventDefault();
  });

  function newElement(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function line(one) {
    const keys = one.keys.map((key) => newElement("kbd", {}, SHOWN[key] || key));
    return newElement("div", {}, newElement("dt", {}, ...keys), newElement("dd", {}, one.says));
  }

  function help() {
    if (dialog) dialog.remove();
    const box = newElement("input", {
      type: "checkbox",
      className: "form-check-input",
      checked: !areOff(),
    });
    box.addEventListener("change", () => turn(!box.checked));
    const close = newElement(
      "button",
      { type: "button", className: "btn", autofocus: true },
      "Close",
    );
    close.addEventListener("click", () => dialog.close());
    const all = ofPage().concat([{ keys: ["?"], says: "This list" }]);
    dialog = newElement(
      "dialog",
      { className: "z-shortcuts card" },
      newElement("h2", { id: "keys-heading" }, "Keyboard"),
      newElement("dl", {}, ...all.map(line)),
      newElement(
        "label",
        { className: "form-check" },
        box,
        newElement("span", { className: "form-check-label" }, "Single keys work"),
      ),
      close,
    );
    dialog.setAttribute("aria-labelledby", "keys-heading");
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-help]")) help();
  });
  function reveal() {
    for (const button of document.querySelectorAll("[data-keys-help]")) button.hidden = false;
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", reveal);
  else reveal();

  return { add };
})();
