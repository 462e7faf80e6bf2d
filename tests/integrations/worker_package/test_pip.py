"""The line of the page, with real pip and a real server."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.zelto.stack import Stack

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(processes=("web",)) as stack:
        yield stack


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("worker") / "venv"
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def address_in(stack: Stack) -> str:
    """Return the address of the wheel, as a refusal names it."""
    detail = httpx.get(f"{stack.url}/worker/nothing").json()["detail"]
    return str(detail.split()[-1].removesuffix("."))


def install(python: Path, address: str) -> subprocess.CompletedProcess[str]:
    command = [*(str(python), "-m", "pip", "install", "--no-deps"), address]
    return subprocess.run(  # noqa: S603 - our own pip
        command, capture_output=True, text=True, check=False
    )


def test_pip_installs_it_from_the_address_that_the_worker_posts_to(
    stack: Stack, python: Path
) -> None:
    address = address_in(stack)
    digest = httpx.get(address).headers["ETag"].strip('"')
    done = install(python, f"{address}#sha256={digest}")
    assert done.returncode == 0, done.stderr
    code = (
        "import zelto_livekit, importlib.metadata as found;"
        "print(found.version('zelto-livekit'))"
    )
    imported = subprocess.run(  # noqa: S603
        [str(python), "-c", code], capture_output=True, text=True, check=True
    )
    assert imported.stdout.strip() in address


def test_pip_refuses_other_bytes_than_the_page_names(
    stack: Stack, python: Path
) -> None:
    done = install(python, f"{address_in(stack)}#sha256={'0' * 64}")
    assert done.returncode != 0
    assert "sha256" in done.stderr.lower()


def test_each_process_of_the_server_has_the_same(stack: Stack) -> None:
    first = httpx.get(address_in(stack)).content
    assert {httpx.get(address_in(stack)).content for _ in range(8)} == {first}
