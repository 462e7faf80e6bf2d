"""The engine itself, as a process of its own: one line of JSON on its input is the job,
and it answers with lines of JSON. It knows no Django and no database."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from conversations.child_process import limit
from web.outgoing.certificate_faults import certificate_fault
from web.private_files import make_owner_only_folder

# A word after a longer pause begins anew, so that who spoke in it comes in between.
PAUSE_SECONDS = 0.6
# Far above what the largest model takes for a day of audio, which is the longest. The
# one file of a model that is fetched has some three gigabytes.
MAX_MEMORY_BYTES = 16 * 1024**3
MAX_CPU_SECONDS = 48 * 3600
MAX_FILE_BYTES = 8 * 1024**3


def main() -> None:
    """Transcribe the file that the first line of the input names."""
    step_back()
    limit(
        memory_bytes=MAX_MEMORY_BYTES,
        cpu_seconds=MAX_CPU_SECONDS,
        file_bytes=MAX_FILE_BYTES,
    )
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        model = load(asked)
    except Exception as error:
        name = Path(asked["model"]).name
        why = certificate_fault(error) or error
        say(error=f"The model {name} could not be loaded: {why}")
        return
    from conversations.transcription import pcm

    listener = Listener(model, pcm.length_of(asked["path"]))
    for at, part in pcm.parts(asked["path"], asked["channels"]):
        listener.hear(at, pcm.without_copy(part), pcm.RATE)
    say(done=True)


def say(**what: Any) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def step_back() -> None:
    """Let all else on the machine go first, and be spared when memory is short."""
    with suppress(OSError):
        os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def end_with_parent() -> None:
    """End at once when the input does, which is when our parent ends."""
    sys.stdin.read()
    os._exit(1)


def load(asked: dict[str, Any]) -> Any:
    """Return the model, fetched first where it is not here."""
    from faster_whisper import WhisperModel

    make_owner_only_folder(Path(asked["models"]))
    return WhisperModel(
        asked["model"],
        device="cpu",
        compute_type="int8",
        cpu_threads=asked["threads"],
        download_root=asked["models"],
    )


class Listener:
    """Transcribes part after part. seconds: of the whole, for progress."""

    def __init__(self, model: Any, seconds: float) -> None:
        self.model = model
        self.seconds = seconds
        # Of each channel, found where somebody first speaks, and kept.
        self.languages: dict[int, str] = {}

    def hear(self, at: float, part: Any, rate: int) -> None:
        """Transcribe a part. at: where it begins, seconds. rate: samples a second."""
        length = part.shape[1] / rate
        for channel, samples in enumerate(part):
            done = at + length * channel / len(part)
            for segment in self.segments(channel, samples):
                say(heard=list(runs(segment.words or [], channel, at)))
                self.tell(done + segment.end / len(part))
            self.tell(done + length / len(part))

    def segments(self, channel: int, samples: Any) -> Iterable[Any]:
        segments, info = self.model.transcribe(
            samples,
            language=self.languages.get(channel),
            vad_filter=True,
            vad_parameters={"min_silence_duration_ms": int(PAUSE_SECONDS * 1000)},
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        for segment in segments:
            self.languages.setdefault(channel, info.language)
            yield segment

    def tell(self, seconds: float) -> None:
        if self.seconds:
            say(progress=round(min(seconds / self.seconds, 1.0), 3))


def runs(words: Iterable[Any], channel: int, at: float) -> Iterator[dict[str, Any]]:
    """Yield words that have no pause between them."""
    run: list[Any] = []
    for word in words:
        if run and word.start - run[-1].end >= PAUSE_SECONDS:
            yield run_of(run, channel, at)
            run = []
        run.append(word)
    if run:
        yield run_of(run, channel, at)


def run_of(words: list[Any], channel: int, at: float) -> dict[str, Any]:
    return {
        "channel": channel,
        "start": float(words[0].start) + at,
        "end": float(words[-1].end) + at,
        "text": "".join(word.word for word in words).strip(),
    }


if __name__ == "__main__":
    main()
