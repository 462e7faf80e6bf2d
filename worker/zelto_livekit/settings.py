"""What an operator sets, by environment or in code."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

WEBHOOK_PATH = "/webhooks/calls"
MEGABYTE = 1_000_000
DAY = 86_400.0
MAX_OUTBOX_MEGABYTES = 1_000
MAX_OUTBOX_DAYS = 14
TRY_FOR_SECONDS = 8.0
DEFAULT_AGENT = "livekit-agent"

Redact = Callable[[dict[str, Any]], "dict[str, Any] | None"]


@dataclass(frozen=True)
class Settings:
    """What a worker is told.

    url: of Zelto, without a path of its own. outbox: the folder. max_outbox_bytes,
    max_outbox_seconds: bounds of what it holds. try_for: seconds that the end of a job
    may wait for Zelto. checkpoint_seconds: how often the history so far is written, None
    for never. redact: sees each item of the history before it is written. audio: whether
    the recording is sent. worker_host: the name that Zelto is told, None for none.
    faults: sentences on what is to be changed before anything can be sent.
    """

    url: str
    key: str = field(repr=False)
    agent_id: str
    outbox: Path
    max_outbox_bytes: int = MAX_OUTBOX_MEGABYTES * MEGABYTE
    max_outbox_seconds: float = MAX_OUTBOX_DAYS * DAY
    try_for: float = TRY_FOR_SECONDS
    checkpoint_seconds: float | None = None
    redact: Redact | None = None
    audio: bool = True
    worker_host: str | None = None
    faults: tuple[str, ...] = ()


class _Reader:
    """Reads one value after another, and notes what is wrong with them."""

    def __init__(
        self, given: Mapping[str, Any], environment: Mapping[str, str]
    ) -> None:
        self.given = given
        self.environment = environment
        self.faults: list[str] = []

    def text(self, name: str, variable: str) -> str:
        value = str(
            self.given.get(name) or self.environment.get(variable) or ""
        ).strip()
        if not value:
            self.faults.append(f"{variable} is not set in this process.")
        elif not value.isascii() or not value.isprintable() or " " in value:
            self.faults.append(
                f"{variable} holds blanks or signs that do not belong there."
            )
            return ""
        return value

    def number(self, name: str, variable: str, default: float) -> float:
        value = self.given.get(name)
        value = self.environment.get(variable) if value is None else value
        if value is None or value == "":
            return default
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = 0.0
        if not 0 < number < float("inf"):
            self.faults.append(f"{variable or name} is to be a number above 0.")
            return default
        return number

    def address(self) -> str:
        written = self.text("url", "ZELTO_URL")
        try:
            return base_address(written) if written else ""
        except ValueError:
            self.faults.append(
                "ZELTO_URL is no web address. Set it to the address of your Zelto, such as "
                "https://zelto.example.com."
            )
            return ""


def read_settings(
    given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings: what is `given` in code wins over the environment."""
    given = given or {}
    environment = os.environ if environment is None else environment
    reader = _Reader(given, environment)
    url, key = reader.address(), reader.text("key", "ZELTO_API_KEY")
    redact, audio = given.get("redact"), given.get("audio")
    megabytes = reader.number(
        "outbox_max_mb", "ZELTO_OUTBOX_MAX_MB", MAX_OUTBOX_MEGABYTES
    )
    days = reader.number("outbox_max_days", "ZELTO_OUTBOX_MAX_DAYS", MAX_OUTBOX_DAYS)
    return Settings(
        url=url,
        key=key,
        agent_id=given.get("agent_id")
        or environment.get("ZELTO_AGENT_ID")
        or DEFAULT_AGENT,
        outbox=_outbox(given, environment, url),
        max_outbox_bytes=int(megabytes * MEGABYTE),
        max_outbox_seconds=days * DAY,
        try_for=reader.number("try_for", "", TRY_FOR_SECONDS),
        checkpoint_seconds=reader.number("checkpoint_seconds", "", 0.0) or None,
        redact=redact,
        # Masked words would still be heard.
        audio=redact is None if audio is None else bool(audio),
        worker_host=_worker_host(environment),
        faults=tuple(reader.faults),
    )


def base_address(url: str) -> str:
    """Return the address of Zelto itself, also where that of its webhook was given.

    Raises:
        ValueError: where it is no http or https address.

    """
    parts = urlsplit(url.strip())
    host, port = parts.hostname, parts.port
    if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise ValueError(url)
    name = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix(WEBHOOK_PATH)
    return f"{parts.scheme}://{name}{'' if port is None else f':{port}'}{path}"


def _outbox(given: Mapping[str, Any], environment: Mapping[str, str], url: str) -> Path:
    chosen = given.get("outbox") or environment.get("ZELTO_OUTBOX")
    if chosen:
        return Path(chosen).expanduser().absolute()
    # What is meant for one instance is never sent to another.
    name = quote(urlsplit(url).netloc, safe="") or "no-address"
    state = environment.get("XDG_STATE_HOME")
    try:
        base = Path(state) if state else Path.home() / ".local" / "state"
    except RuntimeError:  # a user without a home
        base = Path(tempfile.gettempdir()) / f"zelto-{os.getuid()}"
    return base.absolute() / "zelto-livekit" / name


def _worker_host(environment: Mapping[str, str]) -> str | None:
    chosen = environment.get("ZELTO_WORKER_HOST", "").strip()
    if chosen.lower() == "off":
        return None
    name = chosen or socket.gethostname()
    return "".join(
        sign if sign.isascii() and sign.isprintable() else "?" for sign in name
    )
