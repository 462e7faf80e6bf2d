"""Import each module of the files named as the first of this project after
`django.setup()`; print those that fail, with the error, and how many there are.

Only modules that import each other in a circle can be at odds about who comes first, so
each of those is imported in a fork of its own. All others follow one after the other.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import django

OURS = {
    *("accounts", "alerts", "api", "bench", "conversations", "home", "integrations"),
    *("web", "zelto"),
}


def names_imported(path: Path) -> Iterator[str]:
    """Yield what a file imports anywhere, also in a function: modules, and what may be
    one, as `b` of `from a import b`.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def with_parents(name: str) -> Iterator[str]:
    """Yield a module and the packages that it is in, which are imported before it."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def in_circles(imports: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the modules that import themselves by way of others, or may be taken to.

    What imports nothing that is left, or is imported by nothing that is left, is in no
    circle: it is left out until there is no more of it.
    """
    left = {name: set(others) & imports.keys() for name, others in imports.items()}
    while True:
        imported = set().union(*left.values()) if left else set()
        gone = {name for name, others in left.items() if not others} | (
            left.keys() - imported
        )
        if not gone:
            return set(left)
        left = {
            name: others - gone for name, others in left.items() if name not in gone
        }


def error_of_first_import(module: str) -> str:
    """Return what importing it raises in a fork of this process, empty for nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, error_of_import(module).encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as output:
        text = output.read()
    os.waitpid(child, 0)
    return text


def error_of_import(module: str) -> str:
    try:
        importlib.import_module(module)
    except BaseException as error:
        return repr(error)
    return ""


def main() -> None:
    django.setup()
    imports = {}
    for path in map(Path, sys.argv[1:]):
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        found = {*names_imported(path), *with_parents(module)}
        imports[module] = {one for name in found for one in with_parents(name)}
        imports[module].discard(module)
    for name in set().union(*imports.values()):
        if name.partition(".")[0] not in OURS:
            with suppress(Exception):  # what only some machines have
                importlib.import_module(name)
    circles = in_circles(imports)
    for module in imports:
        first = error_of_first_import if module in circles else error_of_import
        if error := first(module):
            sys.stdout.write(f"{module}: {error}\n")
    sys.stdout.write(f"{len(imports)} modules\n")


main()
