"""What Chromium and Firefox do by themselves: tabs, going back, cookies, playing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from conversations.models import Conversation
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from tests.browser.firefox import Firefox, find_firefox, firefox
from tests.browser.tabs import (
    PATIENCE,
    Chromium,
    Tabs,
    chromium_of_people,
    wait_until_shown,
)
from tests.conversations.conftest import (
    MakeConversation,
    MakeRecording,
    make_agent,
    make_conversation,
    make_recording,
)
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.stack import wait_for

__all__ = ["make_agent", "make_conversation", "make_recording"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "My order is missing a lamp"
BUTTON = "main button[type=submit]"
LOG_OUT = "form[action='/logout'] button"
MORE_THAN_A_PIECE = 20.0  # seconds of two channels: 3.8 MB


@pytest.fixture(scope="module")
def one_chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's loop runs in this thread, and Django's guard takes that for async.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with chromium_of_people() as browser:
            yield browser


@pytest.fixture(scope="module")
def one_firefox() -> Iterator[Firefox]:
    if find_firefox() is None:
        pytest.skip("There is no Firefox; on Debian: apt install firefox-esr")
    with firefox() as browser:
        yield browser


@pytest.fixture(params=["chromium", "firefox"])
def tabs(request: pytest.FixtureRequest) -> Iterator[Tabs]:
    """A browser in which nothing was opened before."""
    if request.param == "firefox":
        firefox: Firefox = request.getfixturevalue("one_firefox")
        yield firefox
        firefox.forget()
        return
    context = request.getfixturevalue("one_chromium").new_context()
    yield Chromium(context)
    context.close()


@pytest.fixture
def conversation(bob: User, make_conversation: MakeConversation) -> Conversation:
    return make_conversation([{"role": "user", "content": WORDS}])


def url_of(conversation: Conversation) -> str:
    return f"/org/acme/conversations/{conversation.id}"


def log_in(tabs: Tabs, address: str, password: str) -> None:
    tabs.open(f"{address}/login")
    fill_in(tabs, password)
    wait_until_shown(tabs, "Conversations")


def fill_in(tabs: Tabs, password: str) -> None:
    tabs.fill("[name=login]", "bob@example.org")
    tabs.fill("[name=password]", password)
    tabs.submit(BUTTON)


def test_signing_in_from_a_second_tab_goes_on_to_where_it_wanted(
    tabs: Tabs, live_server: LiveServer, conversation: Conversation, password: str
) -> None:
    tabs.open(f"{live_server.url}{url_of(conversation)}")
    wait_until_shown(tabs, "Log in")
    tabs.open_tab()
    log_in(tabs, live_server.url, password)
    tabs.go_to_tab(0)
    fill_in(tabs, password)
    wait_until_shown(tabs, WORDS)


def test_a_form_from_before_says_so_and_leads_back(
    tabs: Tabs, live_server: LiveServer, bob: User, password: str
) -> None:
    log_in(tabs, live_server.url, password)
    tabs.open(f"{live_server.url}/profile")
    tabs.open_tab()
    tabs.open(f"{live_server.url}/logout")
    tabs.submit(BUTTON)
    log_in(tabs, live_server.url, password)
    tabs.go_to_tab(0)
    tabs.fill("[name=name]", "Robert")
    tabs.submit("form[action='/profile/name'] button")
    wait_until_shown(tabs, "This form was out of date")
    tabs.submit("main a.btn")
    tabs.fill("[name=name]", "Robert")
    tabs.submit("form[action='/profile/name'] button")
    wait_until_shown(tabs, "Saved.")
    bob.refresh_from_db()
    assert bob.name == "Robert"


@pytest.mark.parametrize(
    ("page", "pages_between", "is_told"),
    [
        ("", 0, True),
        ("", 2, True),
        ("/transcript.txt", 1, True),
        # As those are that keep a page for going back although they are told not to.
        ("", 0, False),
        ("", 2, False),
    ],
)
def test_back_after_signing_out_shows_nothing(
    tabs: Tabs,
    live_server: LiveServer,
    conversation: Conversation,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    pages_between: int,
    is_told: bool,
) -> None:
    if not is_told:
        monkeypatch.setattr("web.cache_control.KEPT_BY_NOBODY", "private")
    log_in(tabs, live_server.url, password)
    tabs.open(f"{live_server.url}{url_of(conversation)}{page}")
    assert WORDS in wait_until_shown(tabs, WORDS)
    for _ in range(pages_between):
        tabs.open(f"{live_server.url}/org/acme/agents")
    tabs.run(f"document.querySelector(\"{LOG_OUT}\").closest('details').open = true")
    tabs.submit(LOG_OUT)
    wait_until_shown(tabs, "Forgot your password?")
    for _ in range(1 + pages_between):
        tabs.back()
        assert WORDS not in wait_until_shown(tabs, "Forgot your password?")
    wait_for(
        lambda: "/login?next=" in str(tabs.run("return location.href")),
        PATIENCE,
        what="it asks to log in to that page",
    )


def test_back_to_a_page_shows_it_as_it_is_by_now(
    tabs: Tabs, live_server: LiveServer, conversation: Conversation, password: str
) -> None:
    log_in(tabs, live_server.url, password)
    tabs.open(f"{live_server.url}{url_of(conversation)}")
    wait_until_shown(tabs, WORDS)
    tabs.open(f"{live_server.url}/org/acme/agents")
    tabs.back()
    wait_until_shown(tabs, WORDS)


class OtherProgram(BaseHTTPRequestHandler):
    """Another program on the same host, which was made with Django too."""

    def do_GET(self) -> None:
        self.send_response(200)
        for name in ("sessionid", "csrftoken", "messages"):
            self.send_header("Set-Cookie", f"{name}=theirs; Path=/")
        self.end_headers()
        self.wfile.write(b"<body>theirs</body>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other_program() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherProgram)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_program_on_the_host_keeps_its_cookies_and_we_ours(
    tabs: Tabs, live_server: LiveServer, bob: User, password: str, other_program: str
) -> None:
    log_in(tabs, live_server.url, password)
    tabs.open(other_program)
    tabs.open(f"{live_server.url}/profile")
    wait_until_shown(tabs, "Your profile")
    tabs.open(f"{live_server.url}/logout")
    tabs.submit(BUTTON)
    wait_until_shown(tabs, "Forgot your password?")
    theirs = {"sessionid", "csrftoken", "messages"}
    assert theirs <= tabs.cookies()
    ours = {name for name in tabs.cookies() if name.startswith("zelto_")}
    assert ours == tabs.cookies() - theirs


def test_a_recording_of_several_pieces_plays_to_its_end(
    tabs: Tabs,
    live_server: LiveServer,
    conversation: Conversation,
    make_recording: MakeRecording,
    password: str,
) -> None:
    heard = [[(0.0, MORE_THAN_A_PIECE)], [(0.0, MORE_THAN_A_PIECE)]]
    recording = make_recording(
        conversation, MORE_THAN_A_PIECE, heard=heard, ending="wav"
    )
    assert (recording.size or 0) > 3 * 1024 * 1024
    log_in(tabs, live_server.url, password)
    tabs.open(f"{live_server.url}{url_of(conversation)}")
    # Muted: there is no sound card, and none of them waits for one then.
    tabs.run(
        f"""const audio = document.createElement("audio");
        audio.id = "probe"; audio.muted = true; audio.src = "{url_of(conversation)}/recording";
        audio.playbackRate = 8; audio.addEventListener("canplay", () => audio.play());
        document.body.append(audio);"""
    )
    probe = 'const audio = document.getElementById("probe");'
    wait_for(
        lambda: bool(tabs.run(f"{probe} return audio.ended || audio.error !== null")),
        4 * PATIENCE,
        what="it has ended",
    )
    assert tabs.run(f"{probe} return audio.error && audio.error.message") is None
    assert abs(tabs.run(f"{probe} return audio.duration") - MORE_THAN_A_PIECE) < 0.1
    # And from somewhere in its last part.
    tabs.run(f"{probe} audio.currentTime = {MORE_THAN_A_PIECE - 1}; audio.play();")
    wait_for(
        lambda: bool(tabs.run(f"{probe} return audio.ended && !audio.seeking")),
        4 * PATIENCE,
        what="its end is heard again",
    )


@pytest.mark.parametrize("data_bytes", [0xFFFFFFFF, 2_000_000_000])
def test_a_streamed_recording_plays_though_its_head_names_no_length(
    tabs: Tabs,
    live_server: LiveServer,
    conversation: Conversation,
    password: str,
    tmp_path: Path,
    data_bytes: int,
) -> None:
    """Whoever writes a WAV while it is spoken does not know yet how long it is, and
    leaves a number in its head that stands for that."""
    path = write_sound(tmp_path / "a.wav", 4.0, heard=[[(0.0, 4.0)]])
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = data_bytes.to_bytes(4, "little")
    content[4:8] = min(data_bytes + 36, 0xFFFFFFFF).to_bytes(4, "little")
    path.write_bytes(content)
    assert store_audio(
        conversation=conversation, path=path, audio=read_audio(path), claim=None
    )
    log_in(tabs, live_server.url, password)
    tabs.open(f"{live_server.url}{url_of(conversation)}")
    wait_until_shown(tabs, "0:00 / 0:04")
    probe = 'const audio = document.querySelector("audio");'
    tabs.run(f"{probe} audio.muted = true; audio.playbackRate = 4; audio.play();")
    wait_for(
        lambda: bool(tabs.run(f"{probe} return audio.ended || audio.error !== null")),
        PATIENCE,
        what="it has ended",
    )
    assert tabs.run(f"{probe} return audio.error && audio.error.message") is None
    assert abs(tabs.run(f"{probe} return audio.currentTime") - 4) < 0.2
    wait_until_shown(tabs, "0:04 / 0:04")
