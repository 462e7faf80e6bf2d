"""What livekit-agents 1.8.9 posts of a session: recorded requests, in which each session
gets ids of its own, of as many digits.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass

from zelto.env import CHECKOUT

FOLDER = CHECKOUT / "tests" / "payloads" / "livekit-upload"
TEXT, VOICE = "py-1.8.9-text-handoff", "py-1.8.9-voice"
IDS = re.compile(rb"(AJ|RM)_[0-9a-f]{12}")
LENGTH = re.compile(rb"Content-Length: \d+\r\n\r\nOggS")
# The client sets these by itself.
LEFT_OUT = {"host", "connection", "content-length"}


@dataclass(frozen=True, slots=True)
class Post:
    """One request. path: behind the base address."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_session(self) -> bool:
        """Tell whether it is the session itself, and not what is logged or traced."""
        return self.path.endswith("recordings/v0")


class Recorded:
    """The requests of one recorded session, in their order."""

    def __init__(self, case: str, audio: bytes | None = None) -> None:
        """Read them.

        audio: takes the place of the recorded one.
        """
        self._posts = []
        for head_file in sorted((FOLDER / case).glob("*.head.json")):
            head = json.loads(head_file.read_text("utf-8"))
            body = head_file.with_name(
                head_file.name.replace(".head.json", ".body")
            ).read_bytes()
            headers = {
                name.lower(): value
                for name, value in head["headers"]
                if name.lower() not in LEFT_OUT
            }
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if audio is not None and head["path"].endswith("recordings/v0"):
                body = _with_audio(body, audio)
            self._posts.append(Post(head["path"], headers, body))

    def session(self, number: int) -> tuple[str, list[Post]]:
        """Return the job's id and the requests of the session of this number."""

        def renamed(post: Post) -> Post:
            body = IDS.sub(lambda found: b"%s_%012x" % (found[1], number), post.body)
            if "content-encoding" in post.headers:
                body = gzip.compress(body)
            return Post(post.path, post.headers, body)

        return f"AJ_{number:012x}", [renamed(post) for post in self._posts]


def _with_audio(body: bytes, audio: bytes) -> bytes:
    found = LENGTH.search(body)
    assert found is not None  # noqa: S101 - the recorded one has audio
    end = body.rindex(b"\r\n--")
    length = b"Content-Length: %d\r\n\r\n" % len(audio)
    return body[: found.start()] + length + audio + body[end:]
