"""Import each module named on standard input in a fork of its own, as the first of this
project after `django.setup()`; print those that fail, with the error.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import django

OURS = {
    *("accounts", "alerts", "api", "bench", "conversations", "home", "integrations"),
    *("web", "zelto"),
}


def foreign_imports(path: Path) -> set[str]:
    """Return the modules of other packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.partition(".")[0] not in OURS}


def error_of_first_import(module: str) -> str:
    """Return what importing it raises in a fork of this process, empty for nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            importlib.import_module(module)
        except BaseException as error:
            os.write(writer, repr(error).encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as output:
        text = output.read()
    os.waitpid(child, 0)
    return text


def main() -> None:
    django.setup()
    modules = sys.stdin.read().split()
    for path in map(Path, sys.argv[1:]):
        for name in foreign_imports(path):
            with suppress(Exception):  # what only some machines have
                importlib.import_module(name)
    for module in modules:
        if error := error_of_first_import(module):
            sys.stdout.write(f"{module}: {error}\n")


main()
