// A conversation: a link to a turn that is not loaded, and printing.
(function () {
  "use strict";

  const list = document.querySelector("[data-turns]");
  if (!list) return;

  // `#turn-1800` names a turn of a part that the page may not show.
  function goToTurn() {
    const found = /^#turn-([1-9]\d{0,5})$/.exec(window.location.hash);
    if (!found || document.getElementById(`turn-${found[1]}`)) return;
    const number = Number(found[1]);
    const asked = new URLSearchParams(window.location.search).get("at");
    if (number > Number(list.dataset.turns) || asked === found[1]) return;
    window.location.replace(`${list.dataset.here}at=${number}${window.location.hash}`);
  }

  window.addEventListener("hashchange", goToTurn);
  goToTurn();

  // On paper nothing unfolds.
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    unfolded = [...list.querySelectorAll("details:not([open], .z-turn-details)")];
    for (const part of unfolded) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of unfolded) part.open = false;
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = button.dataset.print;
      if (all) window.location.assign(`${all}#print`);
      else window.print();
    });
  }
  if (window.location.hash === "#print") window.print();
})();
