"""What a report of an error shows: no passwords and no secrets, also in the debug page."""

from __future__ import annotations

import re
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

_NAMED = re.compile(r"secret|password|credential|claims|passwd", re.IGNORECASE)
_MIN_CHARACTERS = 4


class ReportFilter(SafeExceptionReporterFilter):
    """Django's filter, at work in the debug page too, and for what is called a secret:
    as a field of a form, as a variable, and wherever the value of such a field is.
    """

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return true: also while DEBUG is set."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Return what was posted, with secrets masked."""
        shown = super().get_post_parameters(request)
        masked = {
            name: self.cleansed_substitute if _NAMED.search(str(name)) else value
            for name, value in shown.items()
        }
        return masked

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> Any:
        """Return the variables of a frame, with secrets masked."""
        secrets = _posted_secrets(request)
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return [
            (name, self._cleansed(str(name), value, secrets))
            for name, value in variables
        ]

    def _cleansed(self, name: str, value: Any, secrets: set[str]) -> Any:
        if _NAMED.search(name):
            return self.cleansed_substitute
        if secrets and any(secret in repr(value) for secret in secrets):
            return self.cleansed_substitute
        return value


def _posted_secrets(request: HttpRequest | None) -> set[str]:
    if request is None or request.method != "POST":
        return set()
    return {
        value
        for name, values in request.POST.lists()
        for value in values
        if _NAMED.search(name) and len(value) >= _MIN_CHARACTERS
    }
