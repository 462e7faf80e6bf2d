"""A newcomer can read any file in one sitting."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
MOST_LINES = 500
MOST_FUNCTION_LINES = 80
MOST_RUNTIME_PACKAGES = 20


def python_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [CHECKOUT / line for line in listed.stdout.splitlines()]
    return [file for file in files if file.exists() and "migrations" not in file.parts]


def test_the_walk_finds_the_code() -> None:
    assert CHECKOUT / "manage.py" in python_files()


def test_no_file_is_over_500_lines() -> None:
    long = {
        str(file.relative_to(CHECKOUT)): lines
        for file in python_files()
        if (lines := len(file.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_no_function_is_over_80_lines() -> None:
    long = {
        f"{file.relative_to(CHECKOUT)}:{node.name}": length
        for file in python_files()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MOST_FUNCTION_LINES
    }
    assert not long


def requirements() -> list[str]:
    lines = (CHECKOUT / "requirements.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_runtime_packages_are_few() -> None:
    assert len(requirements()) <= MOST_RUNTIME_PACKAGES


@pytest.mark.parametrize("line", requirements())
def test_each_package_is_pinned_and_says_what_for(line: str) -> None:
    package, _, reason = line.partition("#")
    assert "==" in package
    assert reason.strip()
