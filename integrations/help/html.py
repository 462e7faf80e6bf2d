"""Markdown of the help as HTML, with the code blocks and tables of the other pages."""

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
    """One second-level heading of a page, with the anchor that links lead to."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class HelpHtml:
    """A page of the help as HTML.

    html: without the first heading, which the page shows itself.
    """

    html: SafeString
    sections: list[HelpSection]


class _Renderer(RendererHTML):
    def fence(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Return code to copy; after the language, the fence may name a file."""
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
    """Return a page as HTML, with its sections.

    markdown: of our own files, with a first-level heading.
    """
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
            _point_to_page(link)
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


def _point_to_page(link: Token) -> None:
    """Change a link to another file of the help into one to its page."""
    target = str(link.attrGet("href") or "")
    if target.endswith(".md") and "/" not in target:
        link.attrSet("href", target.removesuffix(".md"))
