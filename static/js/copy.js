// Copy buttons: data-copy holds the text, data-copy-from a selector of what to copy,
// data-copy-url the address of a text to copy.
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

  // A browser may forget the click while a text is fetched: it is promised at once.
  function copyFetched(url) {
    const text = fetch(url).then((answer) => {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    });
    if (!navigator.clipboard || !window.ClipboardItem) return text.then(copy);
    const blob = text.then((found) => new Blob([found], { type: "text/plain" }));
    return navigator.clipboard
      .write([new ClipboardItem({ "text/plain": blob })])
      .catch(() => text.then(copy));
  }

  const BUTTONS = "[data-copy], [data-copy-from], [data-copy-url]";

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

  document.addEventListener("click", (event) => {
    const button = event.target.closest(BUTTONS);
    if (!button) return;
    const { copyFrom: source, copyUrl: url } = button.dataset;
    const text = source
      ? document.querySelector(source).textContent
      : button.dataset.copy;
    (url ? copyFetched(url) : copy(text)).then(
      () => show(button, "Copied"),
      () => show(button, "Not copied"),
    );
  });
})();
