"""Answers of 304 to programs that have the content already."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.decorators import decorator_from_middleware


class AnswersOnly(ConditionalGetMiddleware):
    """A middleware that tags answers of 200 only: a problem has another id each time,
    so its tag would never fit again.
    """

    def needs_etag(self, response: HttpResponseBase) -> bool:
        return response.status_code == 200 and super().needs_etag(response)


# Answers 304 where the reader has it already.
conditional = decorator_from_middleware(AnswersOnly)
