"""`/healthz`, whether this process serves; `/readyz`, whether all of Zelto does."""

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
    """Wrap a view for GET and HEAD, never cached; other methods get a problem."""

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
    """Open a transaction whose statements end after two seconds, so that a database
    which is up but stuck keeps no probe waiting."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL statement_timeout = {STATEMENT_LASTS_MILLISECONDS}"
            )
        yield


@for_a_probe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200, without a look at the database."""
    return JsonResponse({"serving": True})


@for_a_probe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where database, migrations and worker are there, else 503 and why."""
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
    """Return why it is not ready, by the part that is missing."""
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
    """Return the migrations of this code as (app, name), read once in a process."""
    return set(MigrationLoader(None).graph.nodes)
