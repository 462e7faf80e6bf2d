"""All routes by their names, and what they can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

RAW = "a-word-of-the-raw-body"
SAID = "a-word-that-was-said"
# The operators' pages have a login of their own.
LEFT_OUT = ("admin",)
# With what a route is asked, where an empty query shows less.
QUERIES = {
    "conversations:detail": ("show=all",),
    "conversations:export-file": ("format=csv", "format=transcripts"),
    "conversations:list": (f"q={SAID}",),
    "conversations:recording": ("", "download"),
}


@dataclass(frozen=True, slots=True)
class Received:
    """What can be shown of one call, by the name that it has in a route."""

    arguments: dict[str, Any]
    audio: bytes

    def is_in(self, content: bytes) -> bool:
        marks = (RAW.encode(), SAID.encode(), self.audio[:200])
        return any(mark in content for mark in marks)

    def path_of(self, name: str, wanted: set[str]) -> str:
        by_name = dict(self.arguments)
        if name.startswith("api:"):
            kind = "delivery" if name in {"api:delivery", "api:replay"} else ""
            kind = kind or ("agent" if name == "api:agent" else "conversation")
            by_name["id"] = by_name[f"{kind}_id"]
        return reverse(name, kwargs={each: by_name.get(each, "x") for each in wanted})


def routes(
    resolver: URLResolver, above: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, set[str]]]:
    """(name, path, argument names) of every named route."""
    for part in resolver.url_patterns:
        path = above + str(part.pattern)
        if path.startswith(LEFT_OUT):
            continue
        if isinstance(part, URLResolver):
            inner = f"{namespace}{part.namespace}:" if part.namespace else namespace
            yield from routes(part, path, inner)
        elif isinstance(part, URLPattern) and part.name:
            names = set(part.pattern.regex.groupindex) | set(path_arguments(path))
            yield f"{namespace}{part.name}", path, names


def path_arguments(path: str) -> list[str]:
    return [
        piece.split(">")[0].split(":")[-1] for piece in path.split("<")[1:] if piece
    ]


def all_routes() -> list[tuple[str, set[str]]]:
    found = {name: arguments for name, _, arguments in routes(get_resolver())}
    return sorted(found.items())
