"""How often one IP address may sign up; allauth limits its own pages itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")


def limit_sign_up(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Answer 429 where an IP address posts a sign-up too often."""

    @wraps(view)
    def limited(
        request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        # Reading a page is free.
        refusal = ratelimit.consume_or_429(request, action="signup")
        return refusal or view(request, *args, **kwargs)

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], limited)
