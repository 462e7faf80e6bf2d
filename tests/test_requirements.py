"""What is installed: each package by version and hash, and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parent.parent
MAX_RUNTIME_PACKAGES = 24
SOURCES = sorted(
    [
        *CHECKOUT.glob("requirements*.in"),
        *CHECKOUT.glob("bench/*.in"),
        *CHECKOUT.glob("tests/integrations/livekit_worker/releases/*.in"),
    ]
)
# `name==version ; marker \`, the hashes, and `# via` with whoever brings it.
LOCKED = re.compile(
    r"^(?P<what>[a-z][^\n]*?) \\\n(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)"
    r"    # via (?P<via>[^\n]+)$",
    re.MULTILINE,
)
# Held in environments of their own, so not among what is installed here.
APART = [one for one in SOURCES if "livekit" in one.name]


def name_of(file: Path) -> str:
    return str(file.relative_to(CHECKOUT))


each_source = pytest.mark.parametrize("source", SOURCES, ids=name_of)
each_source_of_here = pytest.mark.parametrize(
    "source", [one for one in SOURCES if one not in APART], ids=name_of
)


def lines_of(source: Path) -> Iterator[tuple[str, str]]:
    """Yield each requirement of a source and of those it names, with its reason."""
    for line in source.read_text("utf-8").splitlines():
        text, _, reason = line.partition("#")
        if text.startswith("-r "):
            yield from lines_of(source.with_name(text.split()[1]))
        elif text.strip():
            yield text.strip(), reason.strip()


def lock_of(source: Path) -> str:
    return source.with_suffix(".txt").read_text("utf-8")


def locked(source: Path) -> dict[str, list[Requirement]]:
    """Return what the lock has, by name; one for each marker where there are several."""
    found: dict[str, list[Requirement]] = {}
    for entry in LOCKED.finditer(lock_of(source)):
        one = Requirement(entry["what"])
        found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


def version_of(one: Requirement) -> str:
    (specifier,) = one.specifier
    assert specifier.operator == "==", one
    return specifier.version


def locked_here(source: Path) -> dict[str, str]:
    """Return the versions that the lock has for this Python and system."""
    return {
        name: version_of(one)
        for name, several in locked(source).items()
        for one in several
        if one.marker is None or one.marker.evaluate()
    }


@each_source
def test_a_lock_has_nothing_but_versions_and_hashes(source: Path) -> None:
    text = lock_of(source)
    left = LOCKED.sub("", text)
    assert all(line.startswith("#") for line in left.splitlines() if line), left
    assert set(re.findall(r"--hash=(\w+):[0-9a-f]{64}\b", text)) == {"sha256"}
    assert text.count("--hash=") == len(re.findall(r"sha256:[0-9a-f]{64}\b", text))


@each_source
def test_a_lock_names_no_registry(source: Path) -> None:
    assert not re.search(
        r"://|^-|--(?:extra-)?index|--find-links", lock_of(source), re.M
    )


@each_source
def test_a_lock_has_what_its_source_names_in_that_version(source: Path) -> None:
    direct = [Requirement(line) for line, _ in lines_of(source)]
    versions = locked(source)
    for one in direct:
        (kept,) = versions[canonicalize_name(one.name)]
        assert one.specifier.contains(version_of(kept), prereleases=True), kept
    brought = {
        canonicalize_name(Requirement(entry["what"]).name)
        for entry in LOCKED.finditer(lock_of(source))
        if "-r " in entry["via"]
    }
    assert brought == {canonicalize_name(one.name) for one in direct}, "run `make lock`"


@each_source_of_here
def test_a_lock_has_all_that_its_packages_need_here(source: Path) -> None:
    versions = locked_here(source)
    waiting = [Requirement(line) for line, _ in lines_of(source)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        assert name in versions, f"{name} is not in the lock; run `make lock`"
        assert one.specifier.contains(versions[name], prereleases=True), one
        for extra in {"", *one.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += needs(name, extra, versions[name])
    assert {name for name, _ in seen} == versions.keys()


def needs(name: str, extra: str, version: str) -> list[Requirement]:
    """Return what an installed package requires on this system."""
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        pytest.fail(f"{name} is locked and not installed; run `make lint`")
    assert installed.version == version, f"{name} {installed.version} is installed"
    found = [Requirement(line) for line in installed.requires or ()]
    return [
        one
        for one in found
        if one.marker is None or one.marker.evaluate({"extra": extra})
    ]


@each_source_of_here
def test_what_several_locks_have_is_the_same_in_each(source: Path) -> None:
    base = locked_here(CHECKOUT / "requirements.in")
    own = locked_here(source)
    assert {name: own[name] for name in own.keys() & base.keys()} == {
        name: base[name] for name in own.keys() & base.keys()
    }


def test_the_makefile_installs_by_hash() -> None:
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    (install,) = re.findall(r"^INSTALL := (.+)$", makefile, re.MULTILINE)
    assert "--require-hashes" in install
    assert makefile.count("pip install") == 1


def test_runtime_packages_are_few() -> None:
    assert len(list(lines_of(CHECKOUT / "requirements.in"))) <= MAX_RUNTIME_PACKAGES


@pytest.mark.parametrize("line", [*lines_of(CHECKOUT / "requirements.in")])
def test_each_package_is_pinned_and_says_what_for(line: tuple[str, str]) -> None:
    package, reason = line
    assert "==" in package
    assert reason


def test_the_walk_finds_the_sources() -> None:
    assert CHECKOUT / "requirements.in" in SOURCES
    assert len(SOURCES) == 9
    assert len(APART) == 4
