"""The product's own help: `docs/help/*.md`, with this instance's address and with the
tables that are generated from the code. Pages show it as HTML, programs get the
Markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from integrations.connections import status_advice
from integrations.snippets import samples
from integrations.snippets.body_fields import body_fields
from integrations.snippets.code_files import worker_code
from integrations.worker_package.wheel import current_wheel

# In the order in which a newcomer reads them.
PATHS = (
    *(
        "connect-livekit",
        "livekit-package",
        "livekit-upload",
        "livekit-projects",
        "call-body",
        "uploads",
        "missing-call",
        "expected-sessions",
        "statuses",
    ),
    *("alerts", "export", "keys-and-roles"),
)
# The addresses in the files, so that they read well in the repository too.
EXAMPLE_ORGANIZATION = "https://zelto.example.com/org/acme"
EXAMPLE_ADDRESS = "https://zelto.example.com"


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page of the help.

    path: its name in the address. summary: its first paragraph.
    source: Markdown as it is in its file.
    """

    path: str
    title: str
    summary: str
    source: str

    def markdown(self, organization_slug: str | None) -> str:
        """Return its Markdown with this instance's addresses and the generated tables.

        organization_slug: where links to an organization lead; None for a reader who is
        in none, whose links lead to the start page.
        """
        base_url = settings.BASE_URL.rstrip("/")
        organization = f"{base_url}/org/{organization_slug}"
        text = self.source
        if organization_slug is None:
            organization = base_url
        text = text.replace(EXAMPLE_ORGANIZATION, organization)
        text = text.replace(EXAMPLE_ADDRESS, base_url)
        for marker, write in _INSERTS.items():
            if marker in text:
                text = text.replace(marker, write())
        return text


def help_pages() -> list[HelpPage]:
    """Return all pages, in the order in which a newcomer reads them."""
    return [_read(path) for path in PATHS]


def help_page(path: str) -> HelpPage | None:
    """Return the page with this name; None where there is none.

    path: with or without `.md` at its end, as links in the files have it.
    """
    path = path.removesuffix(".md")
    return _read(path) if path in PATHS else None


@cache
def _read(path: str) -> HelpPage:
    source = Path(settings.BASE_DIR, "docs", "help", f"{path}.md").read_text("utf-8")
    heading, summary, *_ = source.split("\n\n")
    return HelpPage(
        path, heading.removeprefix("# "), summary.replace("\n", " "), source
    )


def _body_table() -> str:
    lines = ["| Field | Type | Rule |", "| --- | --- | --- |"]
    for field in body_fields():
        required = " (required)" if field.required else ""
        rule = "`".join(field.rule)
        lines.append(f"| `{field.path}`{required} | {field.type} | {rule} |")
    return "\n".join(lines)


def _answers_table() -> str:
    lines = ["| Answer | Meaning | What to do |", "| --- | --- | --- |"]
    lines += [
        f"| {one.status} | {one.meaning} | {one.action} |"
        for one in status_advice.answers()
    ]
    return "\n".join(lines)


def _worker_code() -> str:
    return f"```python zelto_forward.py\n{worker_code(settings.BASE_URL)}```"


def _install_line() -> str:
    return f"```sh Environment of the worker\n{current_wheel().install_line}\n```"


def _worker_environment() -> str:
    return f"```sh Environment of the worker\n{samples.worker_environment()}\n```"


def _package_hook() -> str:
    return f"```python agent.py\n{samples.PACKAGE_HOOK}\n```"


def _package_doctor() -> str:
    return f"```sh Where the worker runs\n{samples.PACKAGE_DOCTOR}\n```"


_INSERTS: dict[str, Callable[[], str]] = {
    "[[fields of the body]]": _body_table,
    "[[answers]]": _answers_table,
    "[[worker code]]": _worker_code,
    "[[install line]]": _install_line,
    "[[worker environment]]": _worker_environment,
    "[[package hook]]": _package_hook,
    "[[package doctor]]": _package_doctor,
}
