"""`manage.py prepare`, which each start runs before it serves anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from web import static_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    """A file of a release; what is collected lies beside its folder."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "page.js").write_text("first")
    with override_settings(
        STATIC_ROOT=tmp_path / "collected", STATICFILES_DIRS=[folder]
    ):
        yield folder / "page.js"


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def collected(source: Path) -> Path:
    return source.parents[1] / "collected" / source.name


def test_it_collects_static_files_when_there_are_none(source: Path) -> None:
    prepare()
    assert collected(source).read_text() == "first"


def test_it_leaves_them_alone_while_their_sources_stay(source: Path) -> None:
    prepare()
    collected(source).unlink()
    prepare()
    assert not collected(source).exists()


def test_it_collects_again_what_a_release_changed(source: Path) -> None:
    prepare()
    source.write_text("other")  # of the same length
    os.utime(source, (2_000_000_000, 2_000_000_000))
    prepare()
    assert collected(source).read_text() == "other"


def test_it_collects_again_where_the_folder_was_removed(source: Path) -> None:
    prepare()
    for path in collected(source).parent.iterdir():
        if path.is_file():
            path.unlink()
    prepare()
    assert collected(source).read_text() == "first"


def test_it_collects_again_after_it_was_cut_short(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    times = source.stat().st_atime_ns, source.stat().st_mtime_ns
    source.write_text("other")
    with monkeypatch.context() as patch:
        patch.setattr(static_files, "note_collected", fail)
        with pytest.raises(CommandError):
            prepare()
    # Back at the release before, whose files are not what lies there now.
    source.write_text("first")
    os.utime(source, ns=times)
    assert not static_files.are_collected()


def fail() -> None:
    raise CommandError("The disk is full.")


def test_it_prints_the_link_of_the_first_owner_until_there_is_one(
    source: Path, request: pytest.FixtureRequest
) -> None:
    assert "/welcome/" in prepare()
    request.getfixturevalue("alice")
    assert prepare() == ""


@pytest.mark.django_db(transaction=True)
def test_it_brings_the_tables_up_to_date(source: Path) -> None:
    """As a database of the release before, whose last migration is of today's."""
    call_command("migrate", "sessions", "zero", verbosity=0)
    assert "django_session" not in connection.introspection.table_names()
    prepare()
    assert "django_session" in connection.introspection.table_names()


def test_it_asks_little_of_a_database_that_has_it_all(
    source: Path, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    prepare()
    # Whether migrations were noted, which, and whether there is an owner.
    with django_assert_num_queries(3):
        assert prepare() == ""
