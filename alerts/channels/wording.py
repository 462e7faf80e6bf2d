"""Texts as channels take them: within a length, and with nothing that they would read as
more than text.
"""

from __future__ import annotations

import re

from alerts.channels.text import Severity, Text

MARKS = {
    Severity.CRITICAL: "🔴",
    Severity.WARNING: "🟠",
    Severity.INFO: "🔵",
    Severity.RESOLVED: "🟢",
}
COLOURS = {
    Severity.CRITICAL: 0xD63939,
    Severity.WARNING: 0xF59F00,
    Severity.INFO: 0x4299E1,
    Severity.RESOLVED: 0x2FB344,
}


def clip(text: str, most: int) -> str:
    """Return at most so many characters, the last of them an ellipsis where it is cut."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def clip_bytes(text: str, most: int) -> str:
    """Return at most so many bytes of UTF-8."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode("utf-8", "ignore").rstrip() + "…"


def one_line(text: str) -> str:
    """Return a text without line ends and doubled spaces."""
    return " ".join(text.split())


def lines_within(lines: list[str], most: int) -> str:
    """Return whole lines, as many as fit; the first is cut where even it does not."""
    taken: list[str] = []
    left = most
    for line in lines:
        if len(line) + 1 > left:
            break
        taken.append(line)
        left -= len(line) + 1
    if not taken and lines:
        return clip(lines[0], most)
    if len(taken) < len(lines) and left > 1:
        taken.append("…")
    return "\n".join(taken)


def plain(text: Text) -> str:
    """Return the lines and the links, as plain text."""
    links = [f"{link.label}: {link.url}" for link in text.links]
    return "\n".join([*text.lines, *([""] if links and text.lines else []), *links])


def escape_markdown(text: str) -> str:
    """Return a text in which CommonMark, and what Discord and Teams make of it, reads
    nothing: no emphasis, link, heading, list, quote, mention or address.
    """
    text = re.sub(r"([\\`*_{}\[\]()<>~|@#])", r"\\\1", text)
    text = re.sub(r"(?m)^(\s*)([-+>])", r"\1\\\2", text)
    return re.sub(r"(?m)^(\s*\d+)\.", r"\1\\.", text)
