// Lets new rows appear by themselves on the newest page of a list.
//
// The list is asked for with the version that is shown; 204 means nothing changed. Rows
// are laid into the table one by one, so that focus, selection and place stay. On a
// scrolled page they wait behind a bar instead.
(function () {
  "use strict";

  // Seconds from the last sign of a reader, or of news, to the time between two looks.
  const PACES = [
    [300, 2],
    [1800, 5],
    [Infinity, 15],
  ];
  const SCROLLED = 120;
  // A look that took long is not repeated at once: at most a tenth of the time is spent
  // looking, whatever the filters cost.
  const REST = 10;

  const place = document.querySelector("[data-live]");
  if (!place) return;
  const { keepLooking, isOver, isInUse } = window.zeltoLooking;
  // What the rows are called: "delivery deliveries".
  const [one, many] = (place.dataset.liveNouns || "conversation conversations").split(" ");
  const state = document.querySelector("[data-live-state]");
  const bar = document.querySelector("[data-live-bar]");
  const news = document.querySelector("[data-live-news]");

  let waiting = null;
  let lookTook = 0;

  const content = () => place.querySelector("[data-live-content]");
  const rowsOf = (root) => [...root.querySelectorAll("tbody > tr[id]")];
  // Tables of numbers beside the list are laid anew as a whole.
  const bodyOf = (root) => root.querySelector("tbody:not([data-apart])");
  // Without the lines that say more of the row above them.
  const entriesOf = (root) => rowsOf(root).filter((row) => !row.dataset.of);

  function say(text, quiet) {
    state.classList.toggle("z-live-off", Boolean(quiet));
    if (state.textContent !== text) state.textContent = text;
  }

  async function look() {
    const began = Date.now();
    try {
      const address = new URL(place.dataset.live, window.location.href);
      address.searchParams.set("seen", (waiting || content()).dataset.version);
      // The columns that are shown, whatever is chosen in another tab meanwhile.
      const shown = place.dataset.liveShown;
      if (shown) address.searchParams.set("shown", shown);
      const answer = await fetch(address, {
        headers: { "HX-Request": "true" },
        cache: "no-store",
        signal: AbortSignal.timeout(10000),
      });
      lookTook = Date.now() - began;
      if (isOver(answer)) {
        say("Reload to go on", true);
        return false;
      }
      if (answer.status === 200) take(await answer.text());
      else if (answer.status !== 204) throw new Error(String(answer.status));
      say("Live");
    } catch {
      say("Not reachable, trying again", true);
    }
    return true;
  }

  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("[data-live-content]");
    if (!fresh || fresh.dataset.version === content().dataset.version) return;
    looking.noteNews();
    const known = new Set(rowsOf(content()).map((row) => row.id));
    const count = entriesOf(fresh).filter((row) => !known.has(row.id)).length;
    const more = count > 1 && count === entriesOf(fresh).length;
    const text = count + (more ? " or more" : "") + " new " + (count === 1 ? one : many);
    if (count > 0) news.textContent = text;
    if (window.scrollY > SCROLLED && count > 0) hold(fresh, text);
    else lay(fresh);
  }

  function hold(fresh, text) {
    waiting = fresh;
    bar.querySelector("button").textContent = text;
    bar.hidden = false;
  }

  function lay(fresh) {
    waiting = null;
    if (bar) bar.hidden = true;
    const now = content();
    const body = bodyOf(now);
    const freshBody = bodyOf(fresh);
    if (!body || !freshBody) {
      now.replaceWith(document.adoptNode(fresh));
    } else {
      mergeRows(body, freshBody);
      mergeAnswer(now, fresh);
      mergePages(now, fresh);
      now.dataset.version = fresh.dataset.version;
    }
    document.dispatchEvent(new Event("zelto:rows"));
  }

  function mergeRows(body, freshBody) {
    const old = new Map(rowsOf(body.parentNode).map((row) => [row.id, row]));
    let after = null;
    // A copy, since rows that move to the page leave what is walked.
    // oxlint-disable-next-line unicorn/no-useless-spread
    for (const row of [...freshBody.rows]) {
      let here = old.get(row.id);
      old.delete(row.id);
      if (!here) {
        here = document.adoptNode(row);
        here.classList.add("z-row-new");
      } else if (here.dataset.version !== row.dataset.version && !isInUse(here)) {
        const changed = document.adoptNode(row);
        const box = boxOf(changed);
        if (box) box.checked = isSelected(here);
        here.replaceWith(changed);
        here = changed;
      }
      const next = after ? after.nextElementSibling : body.firstElementChild;
      if (next !== here) body.insertBefore(here, next);
      after = here;
    }
    removeRows([...old.values()]);
  }

  // A row and the line below it go together, or stay together.
  function removeRows(rows) {
    const entry = (row) => row.dataset.of || row.id;
    const kept = new Set(rows.filter((row) => isInUse(row) || isSelected(row)).map(entry));
    for (const row of rows) if (!kept.has(entry(row))) row.remove();
  }

  // A row that was selected stays, ticked, wherever the list has got to; see selection.js.
  function boxOf(row) {
    return row.querySelector("[data-select]");
  }

  function isSelected(row) {
    const box = boxOf(row);
    return Boolean(box && box.checked);
  }

  // What the rows come to, in a sentence above them.
  function mergeAnswer(now, fresh) {
    const answer = now.querySelector("[data-live-answer]");
    const freshAnswer = fresh.querySelector("[data-live-answer]");
    if (answer && freshAnswer && !isInUse(answer)) {
      answer.replaceWith(document.adoptNode(freshAnswer));
    }
  }

  function mergePages(now, fresh) {
    const pages = now.querySelector(".z-pagination");
    const freshPages = fresh.querySelector(".z-pagination");
    if (!pages && freshPages) now.append(document.adoptNode(freshPages));
    if (!pages || !freshPages) return;
    const older = pages.querySelector("a[rel=next]");
    const freshOlder = freshPages.querySelector("a[rel=next]");
    if (older && freshOlder) older.setAttribute("href", freshOlder.getAttribute("href"));
    else if (!isInUse(pages)) pages.replaceWith(document.adoptNode(freshPages));
  }

  if (bar) {
    bar.addEventListener("click", () => {
      const fresh = waiting;
      window.scrollTo({ top: 0 });
      if (fresh) lay(fresh);
    });
  }
  document.addEventListener(
    "scroll",
    () => {
      if (waiting && window.scrollY <= SCROLLED) lay(waiting);
    },
    { passive: true },
  );

  say("Live");
  const looking = keepLooking(PACES, look, () => lookTook * REST);
})();
