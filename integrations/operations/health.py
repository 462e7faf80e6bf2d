"""`/healthz` and `/readyz`: whether this process serves, and whether all does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from integrations.operations import heartbeat
from integrations.problems import problem

View = Callable[[HttpRequest], HttpResponse]
STATEMENT_LASTS_MILLISECONDS = 2000


def for_a_probe(view: View) -> View:
    """GET and HEAD, never from a cache; problems for all else."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def probed(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            detail = f"Send a GET to {request.path}, not a {request.method}."
            return problem(request, 405, detail, headers={"Allow": "GET, HEAD"})
        return view(request)

    return probed


@contextmanager
def short_statements() -> Iterator[None]:
    """A database that is up but stuck must not keep a probe waiting."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL statement_timeout = {STATEMENT_LASTS_MILLISECONDS}"
            )
        yield


@for_a_probe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"serving": True})


@for_a_probe
def readyz(request: HttpRequest) -> HttpResponse:
    missing = _missing()
    if not missing:
        return JsonResponse({"ready": True})
    return problem(
        request,
        503,
        f"Not ready: {'; '.join(missing.values())}.",
        errors=[{"path": part, "detail": why} for part, why in missing.items()],
    )


def _missing() -> dict[str, str]:
    """Why not, by what is not ready."""
    missing = {}
    try:
        with short_statements():
            unapplied = _unapplied()
            if unapplied:
                verb = "migration is" if unapplied == 1 else "migrations are"
                missing["migrations"] = f"{unapplied} {verb} not applied"
            elif not heartbeat.seen_lately():
                missing["worker"] = (
                    f"no worker was seen for {heartbeat.SEEN_LATELY_SECONDS} s"
                )
    except (DatabaseError, InterfaceError):
        missing["database"] = "the database does not answer"
    return missing


def _unapplied() -> int:
    return len(_known() - set(MigrationRecorder(connection).applied_migrations()))


@cache
def _known() -> set[tuple[str, str]]:
    """The migrations of this code, which a process reads once."""
    return set(MigrationLoader(None).graph.nodes)
