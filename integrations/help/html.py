"""Markdown of the help pages as HTML, in the parts that other pages are made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LANGUAGES = {"sh": "Shell", "json": "JSON", "python": "Python"}


@dataclass(frozen=True, slots=True)
class HelpSection:
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class HelpHtml:
    """html: without the first heading, which is the page's own."""

    html: SafeString
    sections: list[HelpSection]


class _Renderer(RendererHTML):
    def fence(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Code to copy; after the language its info may name a file."""
        language, _, name = tokens[index].info.partition(" ")
        return render_to_string(
            "integrations/_code.html",
            {
                "id": f"code-{index}",
                "name": name or LANGUAGES.get(language, language),
                "code": tokens[index].content.rstrip("\n"),
                "tall": True,
            },
        )

    def table_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="card z-help-table"><table class="table z-table">'

    def table_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>"


# HTML in a file stays text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(
    "table"
)


def help_html(markdown: str) -> HelpHtml:
    tokens = _MARKDOWN.parse(markdown)
    sections = []
    for opening, text in itertools.pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            section = HelpSection(slugify(text.content), text.content)
            opening.attrSet("id", section.anchor)
            sections.append(section)
        elif opening.type == "th_open":
            opening.attrSet("scope", "col")
        for link in _links(text):
            _lead(link)
    body = _without_title(tokens)
    options: Any = _MARKDOWN.options
    html = _MARKDOWN.renderer.render(body, options, {})
    # Made from our own files, by a renderer that escapes.
    return HelpHtml(mark_safe(html), sections)  # noqa: S308


def _without_title(tokens: list[Token]) -> list[Token]:
    end = next(i for i, token in enumerate(tokens) if token.type == "heading_close")
    return tokens[end + 1 :]


def _links(token: Token) -> list[Token]:
    return [each for each in token.children or () if each.type == "link_open"]


def _lead(link: Token) -> None:
    """A link to another file of the help leads to its page."""
    target = str(link.attrGet("href") or "")
    if target.endswith(".md") and "/" not in target:
        link.attrSet("href", target.removesuffix(".md"))
