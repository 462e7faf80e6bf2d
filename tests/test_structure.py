"""A newcomer can read any file in one sitting."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
MAX_LINES = 300
MAX_LINES_OF_TESTS = 500
MAX_FUNCTION_LINES = 39
MAX_FUNCTION_LINES_OF_TESTS = 80
# What is longer, and why.
LONGER = {
    # What programs see of conversations, and the filters that they have for them.
    "api/conversations.py",
    # One table with all of its indexes.
    "integrations/models/delivery.py",
    # One page with all of its parts.
    "conversations/detail/views.py:conversation_detail",
}
MAX_MODULES = 20
# Code that is handed out or runs elsewhere, and what a command runs; no modules of ours.
NOT_IMPORTED = ("snippets/", "__main__.py", "manage.py", "tests/", "worker/", "bench/")


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


def is_of_tests(file: Path) -> bool:
    return "tests" in file.relative_to(CHECKOUT).parts


def lines_of_files(files: list[Path]) -> dict[str, int]:
    return {
        str(file.relative_to(CHECKOUT)): len(file.read_text("utf-8").splitlines())
        for file in files
    }


def lines_of_functions(files: list[Path]) -> dict[str, int]:
    return {
        f"{file.relative_to(CHECKOUT)}:{node.name}": (node.end_lineno or 0)
        - node.lineno
        + 1
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def longer_than(lines: dict[str, int], limit: int) -> dict[str, int]:
    return {
        name: count
        for name, count in lines.items()
        if count > limit and name not in LONGER
    }


def test_no_file_is_over_300_lines_and_none_of_tests_over_500() -> None:
    code = [file for file in python_files() if not is_of_tests(file)]
    tests = [file for file in python_files() if is_of_tests(file)]
    assert longer_than(lines_of_files(code), MAX_LINES) == {}
    assert longer_than(lines_of_files(tests), MAX_LINES_OF_TESTS) == {}


def test_every_function_has_under_40_lines_and_of_tests_at_most_80() -> None:
    code = [file for file in python_files() if not is_of_tests(file)]
    tests = [file for file in python_files() if is_of_tests(file)]
    assert longer_than(lines_of_functions(code), MAX_FUNCTION_LINES) == {}
    assert longer_than(lines_of_functions(tests), MAX_FUNCTION_LINES_OF_TESTS) == {}


def test_no_folder_holds_more_than_20_modules_or_templates() -> None:
    templates = (CHECKOUT / "templates").rglob("*.html")
    count = Counter(
        str(file.parent.relative_to(CHECKOUT))
        for file in [*python_files(), *templates]
        if file.name != "__init__.py" and file.parent != CHECKOUT / "templates"
    )
    assert {folder: n for folder, n in count.items() if n > MAX_MODULES} == {}


def test_every_module_can_be_imported_first() -> None:
    files = [
        str(file.relative_to(CHECKOUT))
        for file in python_files()
        if not any(part in file.as_posix() for part in NOT_IMPORTED)
    ]
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "tests.import_each", *files],
        cwd=CHECKOUT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "zelto.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(files) > 300
    assert done.stdout == f"{len(files)} modules\n"
