"""What a line of the log looks like, and that it tells its request."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from web.logs.line_format import JsonFormatter, TextFormatter
from web.request_id import RequestIdMiddleware, current_request

SECRET = "Zm9vYmFyZm9vYmFyZm9vYmFy"
CHECKOUT = Path(__file__).resolve().parents[2]
logger = logging.getLogger("zelto.tests")


def view(request: HttpRequest) -> HttpResponse:
    logger.warning("Seen %s", "something")
    return HttpResponse("seen")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(f"no way to /invitation/{SECRET}")


urlpatterns = [
    path("view", view),
    path(f"welcome/{SECRET}", view),
    path("broken", broken),
]
handler500 = "integrations.problems.server_error"


class Log:
    def __init__(self) -> None:
        self.stream = StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["text", "json"])
def format_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def log(format_name: str) -> Iterator[Log]:
    """What the handlers of the whole process would write."""
    log = Log()
    handler = logging.StreamHandler(log.stream)
    formatters = {"text": TextFormatter, "json": JsonFormatter}
    handler.setFormatter(formatters[format_name]())
    logging.getLogger().addHandler(handler)
    with override_settings(ROOT_URLCONF=__name__):
        yield log
    logging.getLogger().removeHandler(handler)


json_only = pytest.mark.parametrize("format_name", ["json"], indirect=False)
text_only = pytest.mark.parametrize("format_name", ["text"], indirect=False)


@json_only
def test_a_line_within_a_request_tells_which_one(log: Log) -> None:
    response = Client().get("/view")

    (line,) = log.objects()
    assert line["requestId"] == response["X-Request-Id"]
    assert (line["method"], line["path"]) == ("GET", "/view")
    assert line["message"] == "Seen something"
    assert (line["level"], line["logger"]) == ("WARNING", "zelto.tests")
    assert line["time"].endswith("+00:00")
    assert "status" not in line


@text_only
def test_text_has_the_same_at_its_end(log: Log) -> None:
    response = Client().get("/view")

    request_id = response["X-Request-Id"]
    assert log.text.endswith(
        f" WARNING zelto.tests Seen something [{request_id} GET /view]\n"
    )


@json_only
def test_a_refusal_is_one_line_with_its_status(log: Log) -> None:
    response = Client().get("/nowhere", headers={"Accept": "application/json"})

    (line,) = [each for each in log.objects() if each["logger"] == "django.request"]
    assert line["status"] == response.status_code == 404
    assert line["requestId"] == response["X-Request-Id"]


@json_only
def test_a_fault_of_ours_has_its_traceback_in_the_same_line(log: Log) -> None:
    client = Client(raise_request_exception=False)
    client.get("/broken")

    (line,) = [each for each in log.objects() if "exception" in each]
    assert line["status"] == 500
    assert "RuntimeError: no way" in line["exception"]
    assert SECRET not in log.text


def test_what_opens_something_stays_out(log: Log) -> None:
    Client().get(f"/welcome/{SECRET}")

    assert "/welcome/…" in log.text or "/welcome/\\u2026" in log.text
    assert SECRET not in log.text


FORGED = "2026-01-01 00:00:00,000 INFO zelto all is well"


@text_only
@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\v", "\x1b[2K\r"])
def test_a_path_forges_no_line(log: Log, end: str) -> None:
    Client().get(f"/nowhere/{quote(end + FORGED)}")

    assert FORGED in log.text  # it is shown, within the line of its request
    assert len(log.text.splitlines()) == log.text.count("django.request") == 1
    assert "\x1b" not in log.text


@text_only
def test_no_field_of_a_line_forges_another(log: Log) -> None:
    attack = f"x\n{FORGED}\x1b[31m\u202e"
    request = RequestFactory().generic(f"GET\n{FORGED}", "/")
    request.path = attack
    logging.getLogger(attack).warning("%s", attack, extra={"request": request})

    assert len(log.text.splitlines()) == 1
    assert log.text[:-1].isprintable()


@text_only
def test_a_traceback_forges_no_line(log: Log) -> None:
    try:
        raise RuntimeError(f"x\n{FORGED}\r{FORGED}\x1b[31m")
    except RuntimeError:
        logger.exception("Broken", stack_info=True)

    first, *others = log.text.splitlines()
    assert first.endswith("zelto.tests Broken")
    assert others
    assert all(line.startswith("  ") and line.isprintable() for line in others)


def test_a_line_outside_of_a_request_tells_none(log: Log) -> None:
    Client().get("/view")
    logger.warning("Nobody asked")

    assert "GET" not in log.text.splitlines()[-1]


def test_an_answer_that_went_well_is_no_line(log: Log) -> None:
    with override_settings(ROOT_URLCONF="zelto.urls"):
        assert Client().get("/healthz").status_code == 200
    assert log.text == ""


def test_a_request_that_fails_leaves_nothing_behind() -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        assert current_request.get() is request
        raise RuntimeError

    with pytest.raises(RuntimeError):
        RequestIdMiddleware(fail)(RequestFactory().get("/"))
    assert current_request.get() is None


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_setting_that_is_none_of_the_two_is_named() -> None:
    ended = run("manage.py", "check", ZELTO_LOG_FORMAT="xml")
    assert "ZELTO_LOG_FORMAT must be text or json." in ended.stderr


def test_the_worker_writes_the_same_lines() -> None:
    """Celery sets up logging of its own when a worker starts, unless it is kept off."""
    code = (
        "from zelto.celery import app; import logging;"
        "app.finalize(); app.loader.import_default_modules();"
        "app.log.setup('WARNING', redirect_stdouts=False);"
        "logging.getLogger('celery.worker').warning('from celery');"
        "logging.getLogger('integrations.processing.worker').warning('from us')"
    )
    ended = run("-c", code, ZELTO_LOG_FORMAT="json")
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["message"] for line in lines] == ["from celery", "from us"]
