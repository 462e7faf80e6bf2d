"""What a report of an error shows of passwords and secrets, whether DEBUG is set or not."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

SECRET = uuid4().hex  # a literal would be among the lines of the code


def failing(text: str) -> None:
    inner = {"value": text}
    raise RuntimeError(len(inner))


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("name", ["secret", "password", "new_password1", "api_secret"])
def test_what_was_posted_as_a_secret_is_nowhere(
    settings: Any, debug: bool, name: str
) -> None:
    settings.DEBUG = debug
    request = RequestFactory().post("/", {name: SECRET, "name": "Ada"})
    try:
        failing(request.POST[name])
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
    shown = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert SECRET not in shown
    assert "Ada" in shown


def test_variables_that_are_called_secrets_are_masked() -> None:
    def check(credentials: dict[str, str]) -> None:
        raise RuntimeError("broken")

    hidden = uuid4().hex
    try:
        check({"APIkey": hidden})
    except RuntimeError:
        reporter = ExceptionReporter(None, *sys.exc_info())
    frames = [
        frame
        for frame in reporter.get_traceback_frames()
        if frame["function"] == "check"
    ]
    assert frames
    assert hidden not in str(frames)
