// Shows how far an upload is. Without it the form is sent as any other.
(function () {
  "use strict";

  const READING = "Reading the audio…";

  function prepare(form) {
    const state = form.querySelector("[data-upload-state]");
    const progress = state.querySelector("progress");
    const says = form.querySelector("[data-upload-says]");
    const button = form.querySelector("button[type=submit]");

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const file = form.querySelector("input[type=file]").files[0];
      if (file && file.size > Number(form.dataset.mostBytes)) {
        stop("This file is over the limit of " + form.dataset.most + ".");
        return;
      }
      send();
    });

    function send() {
      const request = new XMLHttpRequest();
      request.open("POST", window.location.href);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) tell(event.loaded / event.total);
      });
      request.addEventListener("load", () => take(request));
      request.addEventListener("error", () =>
        stop("The connection broke off. Upload it again."),
      );
      button.disabled = true;
      state.hidden = false;
      progress.hidden = false;
      tell(0);
      request.send(new FormData(form));
    }

    function tell(part) {
      if (part < 1) progress.value = part;
      else progress.removeAttribute("value");
      const text = part < 1 ? Math.floor(part * 100) + " % uploaded" : READING;
      if (says.textContent !== text) says.textContent = text;
    }

    function take(request) {
      if (request.status === 201) {
        window.location.assign(JSON.parse(request.responseText).url);
        return;
      }
      // The same page, with what did not fit.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = page.querySelector("form[data-upload]");
      if (!fresh) {
        // Logged out meanwhile, or logged in anew: the page that came says it.
        const said = page.querySelector("[data-says], .z-messages .alert > div");
        stop(said ? said.textContent : "That did not work (" + request.status + "). Try it again.");
        return;
      }
      const chosen = form.querySelector("input[type=file]");
      fresh.querySelector("input[type=file]").replaceWith(chosen);
      form.replaceWith(document.adoptNode(fresh));
      prepare(fresh);
      const wrong = fresh.querySelector(".is-invalid, [role=alert]");
      if (wrong) wrong.focus();
    }

    function stop(text) {
      button.disabled = false;
      state.hidden = false;
      progress.hidden = true;
      says.textContent = text;
    }
  }

  for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);
})();
