import logging
from typing import Any

import pytest
from django.conf import settings

from web.logs.redaction import HideSecretPaths, hide

SECRET = "Zm9vYmFyZm9vYmFyZm9vYmFy"


@pytest.mark.parametrize(
    "path",
    [
        f"/welcome/{SECRET}",
        f"/invitation/{SECRET}",
        f"/invitation/{SECRET}/accept",
        f"GET /invitation/{SECRET}?x=1 HTTP/1.1",
        f"/password/reset/0190-{SECRET}",
        f"/login?next=/invitation/{SECRET}",
        f"/login?next=%2Finvitation%2F{SECRET}",
    ],
)
def test_it_hides_what_opens_something(path):
    assert SECRET not in hide(path)


@pytest.mark.parametrize(
    "path", ["/org/acme/settings/members", "/password/reset/sent", "/welcome", "/"]
)
def test_it_leaves_other_paths(path):
    assert hide(path) == path


def test_it_sees_every_record_of_the_log():
    logging_settings: Any = settings.LOGGING
    console = logging_settings["handlers"]["console"]
    assert console["filters"] == ["secret_paths"]


@pytest.mark.django_db
def test_a_refused_request_leaves_no_token_in_the_log(client, caplog):
    caplog.handler.addFilter(HideSecretPaths())
    with caplog.at_level(logging.WARNING):
        client.get(f"/invitation/{SECRET}")
    assert "Not Found" in caplog.text
    assert SECRET not in caplog.text
