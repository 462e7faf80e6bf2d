"""Reads a worker's file, without running it: where the hook is, and what time it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zelto_livekit.doctor.findings import Finding, failure, fine, warning
from zelto_livekit.settings import TRY_FOR_SECONDS

PACKAGE = "zelto_livekit"
HOOK, CALLBACK = "on_session_end", "add_shutdown_callback"
DEFAULT_TIMEOUTS = {"session_end_timeout": 300.0, "shutdown_process_timeout": 10.0}
# Since when `on_session_end` has a time of its own.
OWN_TIMEOUT_SINCE = (1, 5, 2)
MARGIN_SECONDS = 1.0


@dataclass
class WorkerFile:
    """What the file says of forwarding.

    hooks: the values of each `on_session_end`. callbacks: what is added as a shutdown
    callback. numbers: keyword arguments that are plain numbers. configured_at: lines where
    `configure` is called only in the worker's own process.
    """

    names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    forwarders: set[str] = field(default_factory=set)
    functions: dict[str, ast.AST] = field(default_factory=dict)
    hooks: list[ast.expr] = field(default_factory=list)
    callbacks: list[ast.expr] = field(default_factory=list)
    entrypoints: int = 0
    numbers: dict[str, float] = field(default_factory=dict)
    configured_at: list[int] = field(default_factory=list)
    watches: bool = False


def check_worker_file(path: Path, sdk: tuple[int, ...]) -> Iterator[Finding]:
    """Yield what is found in the file. sdk: the version of livekit-agents, () for none.

    It sees what stands in that one file; a hook that is put together elsewhere it does not.
    """
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        yield failure(f"{path} cannot be read: {error.strerror}.")
        return
    except (SyntaxError, ValueError):
        yield failure(f"{path} is no Python file.")
        return
    found = read(tree)
    yield from check_hook(found, path)
    for line in found.configured_at:
        yield failure(
            f"{path}:{line}: configure() runs only in the worker's own process there, and not "
            "in its jobs. Call it at the top level of the file."
        )
    if found.numbers.get("checkpoint_seconds") and not found.watches:
        yield failure(
            f"checkpoint_seconds is set in {path}, and watch(ctx) is called nowhere: call it "
            "at the beginning of the entrypoint."
        )
    yield from check_budget(found, path, sdk)


def read(tree: ast.Module) -> WorkerFile:
    """Return what the file says of forwarding."""
    found = WorkerFile()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            found.names |= {one.asname or one.name for one in node.names}
        elif isinstance(node, ast.Import):
            found.modules |= {
                one.asname or one.name for one in node.names if one.name == PACKAGE
            }
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.functions[node.name] = node
        elif isinstance(node, ast.Assign) and _name_of(node.value) == "Forwarder":
            found.forwarders |= {
                one.id for one in node.targets if isinstance(one, ast.Name)
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _note_call(found, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # `@server.rtc_session` without a call has no hook.
            bare = [
                one for one in node.decorator_list if isinstance(one, ast.Attribute)
            ]
            found.entrypoints += any(one.attr == "rtc_session" for one in bare)
    at_top = [one for one in tree.body if isinstance(one, ast.Expr)]
    at_top_lines = {one.lineno for one in at_top}
    found.configured_at = [
        line for line in found.configured_at if line not in at_top_lines
    ]
    return found


def _name_of(called: ast.expr) -> str:
    """Return the last name of what is called, or is named."""
    if isinstance(called, ast.Call):
        return _name_of(called.func)
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _note_call(found: WorkerFile, node: ast.Call) -> None:
    name = _name_of(node)
    for keyword in node.keywords:
        if keyword.arg == HOOK:
            found.hooks.append(keyword.value)
        value = keyword.value
        if (
            keyword.arg
            and isinstance(value, ast.Constant)
            and isinstance(value.value, int | float)
        ):
            found.numbers[keyword.arg] = float(value.value)
    if name in {"rtc_session", "WorkerOptions"}:
        found.entrypoints += 1
    elif name == CALLBACK:
        found.callbacks += node.args[:1]
    elif name == "configure" and (
        _is_of_package(found, node.func) or "configure" in found.names
    ):
        found.configured_at.append(node.lineno)
    elif name == "watch":
        found.watches = True


def _is_of_package(found: WorkerFile, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in found.modules | found.forwarders
    )


def is_forward(found: WorkerFile, node: ast.expr) -> bool:
    """Tell whether this names the hook of the package."""
    if isinstance(node, ast.Name):
        return node.id == "forward" and node.id in found.names
    return _is_of_package(found, node) and _name_of(node) == "forward"


def calls_forward(found: WorkerFile, node: ast.expr) -> bool:
    """Tell whether this is a function of the file that awaits the hook of the package."""
    body: ast.AST | None = node
    if isinstance(node, ast.Name):
        body = found.functions.get(node.id)
    if body is None:
        return False
    calls = [one for one in ast.walk(body) if isinstance(one, ast.Call)]
    return any(is_forward(found, one.func) for one in calls)


def check_hook(found: WorkerFile, path: Path) -> Iterator[Finding]:
    """Yield where the hook is, or how to put it there."""
    how = f"Add {HOOK}=forward to @server.rtc_session (from {PACKAGE} import forward)."
    for node in [*found.hooks, *found.callbacks]:
        if isinstance(node, ast.Call) and is_forward(found, node.func):
            yield failure(
                f"{path}:{node.lineno}: forward() is called there, before the session begins."
                " Hand it over without the parentheses."
            )
            return
    for node in found.callbacks:
        if isinstance(node, ast.Call) and _name_of(node) == "partial":
            yield failure(
                f"{path}:{node.lineno}: {CALLBACK} takes no functools.partial. {how}"
            )
            return
    at_end = [one for one in found.hooks if hooked(found, one)]
    at_shutdown = [one for one in found.callbacks if hooked(found, one)]
    if at_end:
        yield fine(f"{path}:{at_end[0].lineno}: sessions are forwarded in {HOOK}.")
    elif at_shutdown:
        yield warning(
            f"{path}:{at_shutdown[0].lineno}: forward is a shutdown callback, which is killed "
            f"after shutdown_process_timeout and cut when another callback fails. {how}"
        )
    elif found.hooks:
        yield failure(
            f"{path}:{found.hooks[0].lineno}: {HOOK} is another function, and forward is not "
            "called in it. Add `await forward(ctx)` to it."
        )
    elif found.entrypoints:
        yield failure(f"{path} does not forward its sessions. {how}")
    else:
        yield failure(f"{path} has no rtc_session: is it the worker's file?")


def hooked(found: WorkerFile, node: ast.expr) -> bool:
    """Tell whether what is handed over ends in the hook of the package."""
    return is_forward(found, node) or calls_forward(found, node)


def check_budget(
    found: WorkerFile, path: Path, sdk: tuple[int, ...]
) -> Iterator[Finding]:
    """Yield whether the time that the hook may take fits into what the SDK gives it."""
    at_end = any(hooked(found, one) for one in found.hooks)
    has_own_time = at_end and (not sdk or sdk >= OWN_TIMEOUT_SINCE)
    limit = "session_end_timeout" if has_own_time else "shutdown_process_timeout"
    seconds = found.numbers.get(limit, DEFAULT_TIMEOUTS[limit])
    try_for = found.numbers.get("try_for", TRY_FOR_SECONDS)
    if try_for + MARGIN_SECONDS > seconds:
        yield failure(
            f"{path}: forwarding may take {try_for:g} seconds (try_for), and the job is cut "
            f"after {seconds:g} ({limit}). Set {limit} to {try_for + 5:g} or more, or try_for "
            f"to less."
        )
    else:
        yield fine(f"Forwarding may take {try_for:g} seconds; {limit} is {seconds:g}.")
