"""What the documents name is there: files, folders, modules, tests; and by today's names."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", ".env.example")),
    *(CHECKOUT / name for name in ("Makefile", "Procfile")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
FOLDERS = (
    *("accounts", "alerts", "api", "conversations", "home", "integrations", "web"),
    *("zelto", "tests"),
)
TOP = "|".join((*FOLDERS, "bench", "docs", "static", "templates"))
# Also outside of backticks: in a diagram, a block, a link.
PATH = re.compile(rf"(?<![\w/.<>-])(?:{TOP})/[\w*/.-]*[\w*/]")
FILE = re.compile(r"`([\w*.-]+\.(?:py|mjs|js|css|html|md|toml|txt))`")
MODULE = re.compile(rf"`((?:{TOP})(?:\.\w+)+)`")
TEST = re.compile(r"\btest_\w+\b(?!\.py)")
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)")
# Names that modules, functions and chapters had, and pictures that no page shows.
OLD_NAMES = re.compile(
    r"\b(doors?|nudges?|retell(?:s|ing)?|retold|strangers?|knock(?:s|ing)?|bury|rhythms?"
    r"|unheard|hunts?|the heard|what was heard)\b",
    re.IGNORECASE,
)


@cache
def test_names() -> frozenset[str]:
    files = (CHECKOUT / "tests").rglob("*.py")
    texts = [file.read_text("utf-8") for file in files]
    names = re.compile(r"def (test_\w+)")
    return frozenset(name for text in texts for name in names.findall(text))


@cache
def file_names() -> frozenset[str]:
    found = {file.name for file in CHECKOUT.glob("*.*")}
    for folder in TOP.split("|"):
        found |= {file.name for file in (CHECKOUT / folder).rglob("*.*")}
    return frozenset(found)


def is_there(path: str) -> bool:
    if "*" in path:
        return any(CHECKOUT.glob(path))
    return (CHECKOUT / path).exists()


def lines_with(pattern: re.Pattern[str], document: Path) -> list[tuple[str, str]]:
    """Return what the pattern finds, each with its place."""
    lines = document.read_text("utf-8").splitlines()
    name = document.relative_to(CHECKOUT)
    return [
        (f"{name}:{number}", found.group(found.lastindex or 0))
        for number, line in enumerate(lines, start=1)
        for found in pattern.finditer(line)
    ]


def anchors_in(document: Path) -> set[str]:
    """Return what links may lead to within it, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda file: str(file.relative_to(CHECKOUT))
)


def test_the_walk_finds_the_documents() -> None:
    assert CHECKOUT / "docs/architecture.md" in DOCUMENTS
    assert CHECKOUT / "docs/help/export.md" in DOCUMENTS
    assert len(lines_with(PATH, CHECKOUT / "docs/architecture.md")) > 100
    assert "test_docs.py" in file_names()
    assert "test_the_walk_finds_the_documents" in test_names()


@each_document
def test_every_path_is_there(document: Path) -> None:
    named = lines_with(PATH, document)
    assert [one for one in named if not is_there(one[1])] == []


@each_document
def test_every_file_named_without_its_folder_is_there(document: Path) -> None:
    named = [one for one in lines_with(FILE, document) if "*" not in one[1]]
    assert [one for one in named if one[1] not in file_names()] == []


@each_document
def test_every_module_can_be_found(document: Path) -> None:
    named = lines_with(MODULE, document)
    assert [one for one in named if find_spec(one[1]) is None] == []


@each_document
def test_every_test_is_there(document: Path) -> None:
    named = lines_with(TEST, document)
    assert [one for one in named if one[1] not in test_names()] == []


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    astray = []
    for place, link in lines_with(LINK, document):
        path, _, anchor = link.partition("#")
        file = document.parent / path if path else document
        if not file.exists() or (anchor and anchor not in anchors_in(file)):
            astray.append((place, link))
    assert astray == []


@each_document
def test_nothing_goes_by_an_old_name(document: Path) -> None:
    assert lines_with(OLD_NAMES, document) == []


def feature_folders() -> list[str]:
    """Return the folders of each app that hold modules, but Django's own."""
    django = {"migrations", "management", "templatetags"}
    return [
        f"{app}/{folder.name}/"
        for app in FOLDERS
        if app != "tests"
        for folder in sorted((CHECKOUT / app).iterdir())
        if folder.name not in django and any(folder.glob("*.py"))
    ]


@pytest.mark.parametrize("folder", feature_folders())
def test_the_architecture_tells_what_is_in_each_folder(folder: str) -> None:
    text = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    assert f"| `{folder}` |" in text


def contracts_by_feature() -> list[tuple[str, list[str]]]:
    """Return each app with its layers, from the top, as import-linter holds them."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    return [
        (contract["containers"][0], contract["layers"])
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("exhaustive")
    ]


@pytest.mark.parametrize(("app", "layers"), contracts_by_feature())
def test_the_architecture_has_the_layers_of_each_app(
    app: str, layers: list[str]
) -> None:
    text = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    block = "\n".join(layers)
    assert f"```\n{block}\n```" in text
