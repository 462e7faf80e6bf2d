// The player of a recording. The browser's own audio element plays, asks for the bytes it
// needs and knows the time; wavesurfer draws the wave from peaks that came with the page.
// `zeltoPlayer` is for following.js: `second`, `seek`, and the event `zelto:second`.
window.zeltoPlayer = (function () {
  "use strict";

  const STEP = 5;
  const LEAP = 30;
  // Where a silence is skipped, so much of it is left at its beginning and its end.
  const BREATH = 0.4;
  // A link to the audio may be over, or the network away: asked for anew, not for ever.
  const TRIES_APART = 15000;
  const READS_ON = 120;

  let player = null;

  function remembered(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function remember(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Storage is off: it holds until the page is left.
    }
  }

  // As the server writes it: 3:12, 1:02:09.
  function clock(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const end = two(whole % 60);
    return hours ? `${hours}:${two(minutes)}:${end}` : `${minutes}:${end}`;
  }

  class Player {
    constructor(place) {
      this.place = place;
      this.audio = place.querySelector("audio");
      this.wave = place.querySelector("[data-wave]");
      this.length = Number(place.dataset.duration);
      this.silences = [...place.querySelectorAll("rect[data-kind=silence]")].map((one) => {
        const from = Number(one.getAttribute("x"));
        return [from, from + Number(one.getAttribute("width"))];
      });
      this.part = (name) => place.querySelector(`[data-${name}]`);
      this.triedAt = 0;
      // Nothing of the audio is asked for before somebody plays it: until then this is
      // the second to begin at.
      this.beginsAt = 0;
      this.audio.removeAttribute("controls");
      this.draw();
      this.listen();
      this.setSpeed(remembered("zelto-speed") || "1");
      const skip = this.part("skip");
      if (skip) skip.checked = remembered("zelto-skip-silence") === "on";
      const startAt = Number(place.dataset.startAt);
      if (startAt) this.seek(startAt);
      // It may have failed before this script was there to hear of it.
      if (this.audio.error) this.fail();
    }

    get now() {
      return this.audio.readyState === 0 ? this.beginsAt : this.audio.currentTime;
    }

    draw() {
      if (!window.WaveSurfer || !this.length) return;
      const peaks = JSON.parse(this.place.dataset.peaks);
      const loudest = Math.max(1, ...peaks.map((lane) => Math.max(...lane)));
      const lanes = peaks.map((lane) => lane.map((level) => level / loudest));
      this.surfer = window.WaveSurfer.create({
        ...this.colours(),
        container: this.wave,
        media: this.audio,
        peaks: lanes,
        duration: this.length,
        cspNonce: this.place.closest("[data-nonce]").dataset.nonce,
        height: this.wave.clientHeight / lanes.length,
        splitChannels: lanes.length > 1 ? lanes.map(() => ({ overlay: false })) : undefined,
        barWidth: 2,
        barGap: 1,
        barRadius: 1,
        cursorWidth: 2,
        dragToSeek: true,
        hideScrollbar: true,
      });
      this.surfer.on("interaction", (second) => {
        this.beginsAt = second;
        this.isSought();
      });
      const repaint = () => this.surfer.setOptions(this.colours());
      new MutationObserver(repaint).observe(document.documentElement, {
        attributeFilter: ["data-bs-theme"],
      });
      window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    }

    // A canvas knows no custom properties.
    colours() {
      const style = getComputedStyle(this.wave);
      return {
        waveColor: style.borderTopColor,
        progressColor: style.color,
        cursorColor: style.color,
      };
    }

    listen() {
      const { audio } = this;
      for (const kind of ["play", "pause", "ended"]) {
        audio.addEventListener(kind, () => this.show());
      }
      audio.addEventListener("loadedmetadata", () => {
        if (this.beginsAt) audio.currentTime = this.beginsAt;
      });
      audio.addEventListener("timeupdate", () => this.tick());
      audio.addEventListener("seeked", () => this.tick());
      audio.addEventListener("error", () => this.fail());
      audio.addEventListener("playing", () => this.say(""));
      this.part("play").addEventListener("click", () => this.toggle());
      this.wave.addEventListener("keydown", (event) => this.move(event));
      const speed = this.part("speed");
      speed.addEventListener("change", () => this.setSpeed(speed.value));
      const skip = this.part("skip");
      if (skip) {
        skip.addEventListener("change", () =>
          remember("zelto-skip-silence", skip.checked ? "on" : "off"),
        );
      }
      // Before copy.js, which listens to the whole page, reads it.
      this.part("copy-second").addEventListener("click", (event) => {
        event.currentTarget.dataset.copy = this.link();
      });
    }

    link() {
      const address = new URL(window.location.href);
      const second = Math.floor(this.now);
      address.search = second ? `?t=${second}` : "";
      address.hash = "";
      return address.href;
    }

    toggle() {
      if (this.audio.paused) this.play();
      else this.audio.pause();
    }

    play() {
      // Refused or failed: the element's error says so.
      this.audio.play().catch(() => this.show());
    }

    seek(second) {
      const last = this.length ? Math.max(0, this.length - 0.05) : second;
      const to = Math.min(Math.max(0, second), last);
      if (this.audio.readyState > 0) {
        this.audio.currentTime = to;
      } else {
        this.beginsAt = to;
        if (this.surfer) this.surfer.setTime(to);
      }
      this.isSought();
    }

    isSought() {
      this.tick();
      document.dispatchEvent(new Event("zelto:sought"));
    }

    setSpeed(value) {
      const speed = this.part("speed");
      speed.value = value;
      if (!speed.value) speed.value = "1";
      this.audio.defaultPlaybackRate = Number(speed.value);
      this.audio.playbackRate = Number(speed.value);
      remember("zelto-speed", speed.value);
    }

    changeSpeed(by) {
      const speed = this.part("speed");
      const next = speed.options[speed.selectedIndex + by];
      if (next) this.setSpeed(next.value);
    }

    move(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { now } = this;
      const to = {
        ArrowLeft: now - STEP,
        ArrowDown: now - STEP,
        ArrowRight: now + STEP,
        ArrowUp: now + STEP,
        PageDown: now - LEAP,
        PageUp: now + LEAP,
        Home: 0,
        End: this.length,
      }[event.key];
      if (to !== undefined) this.seek(to);
      else if (event.key === " " || event.key === "k" || event.key === "Enter") this.toggle();
      else return;
      event.preventDefault();
    }

    tick() {
      const { now } = this;
      const text = clock(now);
      const place = this.part("now");
      if (place.textContent !== text) {
        place.textContent = text;
        this.wave.setAttribute("aria-valuenow", String(Math.floor(now)));
        this.wave.setAttribute("aria-valuetext", `${text} of ${clock(this.length)}`);
      }
      this.skipSilence(now);
      document.dispatchEvent(new Event("zelto:second"));
    }

    skipSilence(now) {
      const skip = this.part("skip");
      if (!skip || !skip.checked || this.audio.paused) return;
      const silence = this.silences.find(
        ([from, to]) => now >= from + BREATH && now < to - 2 * BREATH,
      );
      if (silence) this.audio.currentTime = silence[1] - BREATH;
    }

    show() {
      const plays = !this.audio.paused && !this.audio.ended;
      this.place.classList.toggle("z-plays", plays);
      this.part("play").setAttribute("aria-label", plays ? "Pause" : "Play");
    }

    say(text) {
      this.part("fault").textContent = text;
    }

    fail() {
      const { audio } = this;
      const [second, plays] = [this.now, !audio.paused];
      const isTransport = audio.error && audio.error.code === MediaError.MEDIA_ERR_NETWORK;
      if (isTransport && Date.now() - this.triedAt > TRIES_APART) {
        this.triedAt = Date.now();
        this.beginsAt = second;
        audio.load();
        if (plays) this.play();
        return;
      }
      this.show();
      this.say(
        isTransport
          ? "The recording does not arrive just now. Try again in a moment."
          : "This browser cannot play the recording. Download it to hear it.",
      );
    }
  }

  function start() {
    const place = document.querySelector("[data-player]");
    if (!place || (player && player.place === place)) return false;
    if (player) player.audio.pause();
    player = new Player(place);
    return true;
  }

  // One comes later where the recording was still being fetched: now the turns have
  // places in it. Not under the eyes of who reads on.
  function startLate() {
    if (!start() || window.scrollY > READS_ON) return;
    const turns = document.querySelector("[data-turns]");
    const here = window.location.pathname + window.location.search;
    if (turns) window.htmx.ajax("GET", here, { target: turns, swap: "innerHTML" });
  }

  function addKeys() {
    const add = (keys, says, run) =>
      window.zeltoKeys.add(keys, says, (event) => (player ? run(event) : false));
    add([" "], "Play or pause", (event) => {
      // There it means what has the focus.
      if (event.target.closest("a, button, summary, label")) return false;
      return player.toggle();
    });
    add([","], "Back 5 seconds", () => player.seek(player.now - STEP));
    add(["."], "On 5 seconds", () => player.seek(player.now + STEP));
    add(["<"], "Slower", () => player.changeSpeed(-1));
    add([">"], "Faster", () => player.changeSpeed(1));
  }

  document.addEventListener("zelto:rows", startLate);
  if (document.querySelector("[data-player]")) addKeys();
  else document.addEventListener("zelto:rows", addKeys, { once: true });
  start();

  return {
    get second() {
      return player ? player.now : 0;
    },
    get plays() {
      return Boolean(player) && !player.audio.paused;
    },
    get followButton() {
      return player && player.part("follow");
    },
    get isThere() {
      return Boolean(player);
    },
    seek(second) {
      player.seek(second);
      player.play();
    },
  };
})();
