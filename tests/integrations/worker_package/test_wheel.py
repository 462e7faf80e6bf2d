"""The package as each instance hands it out."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from integrations.snippets.samples import agent_prompt
from integrations.worker_package import wheel as package
from integrations.worker_package.wheel import current_wheel


@pytest.fixture(autouse=True)
def folder(
    tmp_path: Path, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Have a data folder of its own, and nothing packed yet."""
    monkeypatch.setattr("django.conf.settings.DATA_DIR", tmp_path)
    current_wheel.cache_clear()
    yield tmp_path / "worker-package"
    current_wheel.cache_clear()


def path_of(name: str) -> str:
    return f"/worker/{name}"


def test_it_is_the_same_bytes_whenever_and_wherever_it_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = current_wheel()
    copy = tmp_path / "elsewhere"
    shutil.copytree(package.SOURCE.parent, copy)
    for file in copy.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        if file.is_file():
            file.chmod(0o600)
    (copy / "zelto_livekit" / "__pycache__").mkdir(exist_ok=True)
    (copy / "zelto_livekit" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    monkeypatch.setattr(package, "SOURCE", copy / "pyproject.toml")
    current_wheel.cache_clear()
    assert current_wheel() == first


def test_its_record_names_each_file_with_its_hash() -> None:
    with zipfile.ZipFile(io.BytesIO(current_wheel().content)) as archive:
        names = archive.namelist()
        (record,) = [name for name in names if name.endswith(".dist-info/RECORD")]
        rows = list(csv.reader(archive.read(record).decode().splitlines()))
        assert {row[0] for row in rows} == set(names)
        for name, digest, _ in rows:
            if digest:
                held = hashlib.sha256(archive.read(name)).digest()
                text = base64.urlsafe_b64encode(held).decode().rstrip("=")
                assert digest == f"sha256={text}"
    assert "zelto_livekit/__init__.py" in names


def test_anybody_gets_it_and_may_keep_it_for_good() -> None:
    wheel = current_wheel()
    response = Client().get(path_of(wheel.name))
    assert response.status_code == 200
    assert response.content == wheel.content
    assert hashlib.sha256(response.content).hexdigest() == wheel.sha256
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not response.cookies
    again = Client().get(
        path_of(wheel.name), headers={"If-None-Match": response["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_head_and_a_range_are_answered_as_of_other_files() -> None:
    wheel = current_wheel()
    head = Client().head(path_of(wheel.name))
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(wheel.content))
    assert head["Accept-Ranges"] == "bytes"
    part = Client().get(path_of(wheel.name), headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, wheel.content[2:6])
    assert part["Content-Range"] == f"bytes 2-5/{len(wheel.content)}"
    other = {"Range": "bytes=2-5", "If-Range": '"another"'}
    assert Client().get(path_of(wheel.name), headers=other).status_code == 200
    behind = Client().get(path_of(wheel.name), headers={"Range": "bytes=9999999-"})
    assert behind.status_code == 416


@pytest.mark.parametrize(
    "name",
    [
        "zelto_livekit-9.9.9-py3-none-any.whl",
        "..%2F..%2Fsecret",
        "zelto_livekit-0.1.0%00.whl",
        "x" * 3000,
    ],
)
def test_another_name_is_a_problem_that_says_which_there_is(name: str) -> None:
    response = Client().get(path_of(name))
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert current_wheel().url in response.json()["detail"]


def test_what_an_earlier_release_handed_out_stays_there(folder: Path) -> None:
    current_wheel()
    earlier = "zelto_livekit-0.0.9-py3-none-any.whl"
    (folder / earlier).write_bytes(b"the earlier one")
    response = Client().get(path_of(earlier))
    assert (response.status_code, response.content) == (200, b"the earlier one")
    assert [file.name for file in folder.iterdir() if file.name != earlier] == [
        current_wheel().name
    ]


def test_a_coding_agent_is_told_to_install_it() -> None:
    prompt = agent_prompt("http://localhost:8000")
    assert current_wheel().install_line in prompt
    assert "on_session_end=forward" in prompt
