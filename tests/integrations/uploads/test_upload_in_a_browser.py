"""A recording is uploaded in a browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from conversations.models import Conversation
from tests.browser.axe import faults_of
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.conversations.recordings.sounds import write_sound

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/conversations/upload"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Callable[..., Any]:
    return lambda **options: signed_in_page(
        browser, live_server.url, dora_client, **options
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_what_does_not_fit_is_said_and_then_it_is_uploaded(
    open_page: Callable[..., Any], tmp_path: Path, scripts: bool
) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("<html>no sound</html>")
    sound = write_sound(tmp_path / "call.ogg", 3.0)
    with open_page(java_script_enabled=scripts) as page:
        page.goto("/org/acme/conversations")
        page.get_by_role("link", name="Upload", exact=True).click()
        page.get_by_label("Id of a new agent").fill("desk")
        page.get_by_label("Reference").fill("call-7")
        page.get_by_label("Recording").set_input_files(text)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_text("It is a web page, not audio.")).to_be_visible()
        expect(page.get_by_label("Reference")).to_have_value("call-7")

        page.get_by_label("Recording").set_input_files(sound)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("heading", name="call-7")).to_be_visible()
    assert Conversation.objects.get().has_audio


def test_a_file_over_the_limit_is_not_even_sent(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    sound = write_sound(tmp_path / "call.wav", 1.0)
    with override_settings(MAX_AUDIO_BYTES=10_000), open_page() as page:
        page.goto(URL)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.get_by_label("Id of a new agent").fill("desk")
        page.get_by_label("Recording").set_input_files(sound)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_text("This file is over the limit of")).to_be_visible()
        assert "POST" not in sent


def test_how_far_it_is_is_shown(open_page: Callable[..., Any], tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "call.wav", 20.0)
    with open_page() as page:
        page.goto(URL)
        page.get_by_label("Id of a new agent").fill("desk")
        page.get_by_label("Recording").set_input_files(sound)
        # Held, so that what is said meanwhile can be read.
        held: list[Any] = []
        page.route(f"**{URL}", lambda route: held.append(route))
        with page.expect_request(lambda request: request.method == "POST"):
            page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text("% uploaded")).to_be_visible()
        expect(page.get_by_role("button", name="Upload")).to_be_disabled()
        for _ in range(1000):  # the handler may run a little later
            if held:
                break
            page.wait_for_timeout(10)
        held[0].continue_()
        expect(page.get_by_role("heading", level=1)).to_contain_text("upload-")


def test_it_breaks_no_rule_of_axe(open_page: Callable[..., Any]) -> None:
    with open_page() as page:
        page.goto(URL)
        assert faults_of(page) == []
