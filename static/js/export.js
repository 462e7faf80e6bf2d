// Shows how far a download is. Without this the form downloads as any link does.
//
// The file is put together out of sight and saved once it is whole, so one that broke off
// is never saved. What has come is handed to the browser in large pieces, which it may
// keep on disk: the page itself holds a few megabytes, however long the file is.
(function () {
  "use strict";

  const HELD = 8 * 1024 * 1024; // bytes
  const QUOTE = 34;
  const NEW_LINE = 10;
  const INCOMPLETE = "INCOMPLETE"; // the id in the last row of a CSV that is not whole

  const form = document.querySelector("[data-export]");
  if (!form || !window.ReadableStream || !window.AbortController) return;
  const find = (name) => document.querySelector(`[data-export-${name}]`);
  const place = find("progress");
  const state = find("state");
  const bar = find("bar");
  const cancel = find("cancel");
  const again = find("again");
  const news = find("news");
  const choice = find("choice");
  const button = form.querySelector("button[type=submit]");

  const about = Number(form.dataset.count);
  const kind = form.dataset.kind;
  let running = null;

  const number = (count) => count.toLocaleString("en");
  const conversations = (count) =>
    number(count) + (count === 1 ? " conversation" : " conversations");

  function size(bytes) {
    if (bytes < 1e6) return number(Math.ceil(bytes / 1e3)) + " kB";
    return (bytes / 1e6).toFixed(1) + " MB";
  }

  // Counts lines as they come, and knows where the last one begins; those within quotes
  // of a CSV are not the end of a row.
  function lineCounter(isCsv) {
    let quoted = false;
    let lines = 0;
    let seen = 0;
    let start = 0;
    let next = 0;
    return (bytes) => {
      for (let index = 0; index < bytes.length; index += 1) {
        if (isCsv && bytes[index] === QUOTE) quoted = !quoted;
        else if (bytes[index] === NEW_LINE && !quoted) {
          lines += 1;
          start = next;
          next = seen + index + 1;
        }
      }
      seen += bytes.length;
      return { rows: isCsv ? Math.max(lines - 1, 0) : lines, start };
    };
  }

  function show(rows, bytes) {
    const total = kind === "exactly" ? number(about) : kind + " " + number(about);
    state.textContent = `${number(rows)} of ${total} conversations, ${size(bytes)}`;
    if (kind === "more than") bar.removeAttribute("value");
    else bar.value = Math.min(rows, about);
  }

  function say(text) {
    state.textContent = text;
    news.textContent = text;
  }

  async function read(answer, isCsv) {
    const count = lineCounter(isCsv);
    const reader = answer.body.getReader();
    const type = answer.headers.get("Content-Type");
    let whole = new Blob([], { type });
    let held = [];
    let heldBytes = 0;
    let rows = 0;
    let start = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (value) {
        held.push(value);
        heldBytes += value.length;
        ({ rows, start } = count(value));
        show(rows, whole.size + heldBytes);
      }
      if (done || heldBytes > HELD) {
        whole = new Blob([whole, ...held], { type });
        held = [];
        heldBytes = 0;
      }
      if (done) return { whole, rows, last: whole.slice(start) };
    }
  }

  // As `broken_off` in conversations/exports marks it, which is short.
  async function isBrokenOff(last, isCsv) {
    if (last.size > 1000) return false;
    const line = (await last.text()).trim();
    if (isCsv) return line.startsWith(INCOMPLETE + ",");
    return line !== "" && JSON.parse(line).incomplete === true;
  }

  function nameOf(answer) {
    const found = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    return found ? found[1] : "conversations";
  }

  function save(whole, name) {
    if (again.href.startsWith("blob:")) URL.revokeObjectURL(again.href);
    again.href = URL.createObjectURL(whole);
    again.download = name;
    again.hidden = false;
    again.click();
  }

  async function refusalOf(answer) {
    if (answer.status === 429) return "Other exports are under way. Try again in a moment.";
    if (answer.status === 503) return "The database does not answer. Try again in a moment.";
    return "The export did not begin. Reload the page to see why.";
  }

  async function run(address, isCsv, signal) {
    const answer = await fetch(address, { cache: "no-store", signal });
    const isFile = (answer.headers.get("Content-Disposition") || "").startsWith("attachment");
    if (!answer.ok || !isFile) return refusalOf(answer);
    const { whole, rows, last } = await read(answer, isCsv);
    if (await isBrokenOff(last, isCsv)) throw new Error("broken off");
    const name = nameOf(answer);
    save(whole, name);
    bar.max = bar.value = 1;
    return `Done: ${conversations(rows)}, ${size(whole.size)}, in ${name}.`;
  }

  function begin() {
    place.hidden = false;
    again.hidden = true;
    bar.hidden = false;
    bar.max = Math.max(about, 1);
    bar.removeAttribute("value");
    cancel.hidden = false;
    button.disabled = choice.disabled = true;
    say("Looking for the first conversations");
  }

  function end() {
    running = null;
    cancel.hidden = true;
    button.disabled = choice.disabled = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    const data = new FormData(form);
    const address = form.action + "?" + new URLSearchParams(data);
    running = new AbortController();
    begin();
    cancel.focus();
    try {
      say(await run(address, data.get("format") === "csv", running.signal));
      if (again.hidden) bar.hidden = true;
    } catch {
      bar.hidden = true;
      if (running.signal.aborted) say("Cancelled. Nothing was saved.");
      else say("The export broke off, and nothing was saved. Try again.");
    }
    const hadFocus = document.activeElement === cancel;
    end();
    if (hadFocus || document.activeElement === document.body) button.focus();
  });

  cancel.addEventListener("click", () => running && running.abort());
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
})();
