"""What the policy of a page with a player allows beyond that of others."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE
from csp.decorators import csp_update
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from conversations.recordings.serving import foreign_origin


def permit_player(request: HttpRequest, response: HttpResponseBase) -> None:
    """Allow the one style sheet that wavesurfer writes, by its nonce; and the place
    that the audio comes from where that is not this server."""
    sources: dict[str, list[Any]] = {"style-src": [NONCE]}
    if origin := foreign_origin():
        sources["media-src"] = [origin]
    csp_update(sources)(lambda _: response)(request)
