"""The player of a recording, in a real browser"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from accounts.models import AuditAction, AuditEntry
from conversations.models import Conversation, Recording
from tests.conversations.conftest import MakeConversation, MakeRecording
from tests.zelto.stack import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LENGTH = 60.0
SPEECH = 2.0
# Every three seconds one speaks for two, and from 30 on nobody for nine.
STARTS = [second for second in range(1, 58, 3) if not 30 <= second < 39]
TURNS: list[dict[str, Any]] = [
    {
        "role": "assistant" if number % 2 else "user",
        "content": f"Sentence {number}, " + "and so on, " * 25,
        "startSeconds": start,
        "endSeconds": start + SPEECH,
    }
    for number, start in enumerate(STARTS, start=1)
]
HEARD = [
    [
        (turn["startSeconds"], turn["endSeconds"])
        for turn in TURNS
        if turn["role"] == role
    ]
    for role in ("assistant", "user")
]


@pytest.fixture
def conversation(
    make_conversation: MakeConversation, make_recording: MakeRecording
) -> Conversation:
    conversation = make_conversation(TURNS, system_prompt="Be kind. " * 300)
    make_recording(conversation, LENGTH, heard=HEARD)
    return conversation


@pytest.fixture
def url(conversation: Conversation) -> str:
    return f"/org/acme/conversations/{conversation.id}"


def second(page: Page) -> float:
    return float(page.evaluate("() => document.querySelector('audio').currentTime"))


def begins_at(page: Page) -> float:
    """Before anything of the audio was asked for."""
    assert page.evaluate("() => document.querySelector('audio').readyState") == 0
    return float(page.evaluate("() => window.zeltoPlayer.second"))


def plays(page: Page) -> bool:
    return not page.evaluate("() => document.querySelector('audio').paused")


def wait_until(what: str, true: Callable[[], bool]) -> None:
    wait_for(true, 10, what=what)


def heard(page: Page) -> Locator:
    return page.locator("[data-turns] [aria-current=true]")


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position in the recording")


def test_it_plays_and_the_time_is_told(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Play").click()
    wait_until("it plays", lambda: second(page) > 1.2)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("[data-now]")).to_have_text(re.compile("^0:0[1-9]$"))
    expect(slider(page)).to_have_attribute(
        "aria-valuetext", re.compile("^0:0[1-9] of 1:00$")
    )
    page.get_by_role("button", name="Pause").click()
    assert not plays(page)


def test_a_click_on_a_turn_plays_from_there(page: Page, url: str) -> None:
    page.goto(url)
    turn = page.locator("#turn-7")
    turn.locator(".z-at").click()
    wait_until("it plays there", lambda: 19.2 < second(page) < 22)
    assert plays(page)
    expect(turn).to_have_attribute("aria-current", "true")
    expect(heard(page)).to_have_count(1)
    assert page.url.endswith(url), "no page was loaded"
    wait_until("the next turn is heard", lambda: second(page) >= 22.2)
    expect(page.locator("#turn-8")).to_have_attribute("aria-current", "true")


def test_the_browser_asks_for_bytes(page: Page, url: str) -> None:
    asked: list[Request] = []
    page.on(
        "request",
        lambda one: asked.append(one) if one.url.endswith("/recording") else None,
    )
    page.goto(url)
    page.locator("#turn-16 .z-at").click()
    wait_until("it plays there", lambda: second(page) > STARTS[15] + 0.2)
    # A click makes the browser break off what it asked for before: that has no answer.
    answers = [(one, one.response()) for one in asked if not one.failure]
    assert answers
    for request, answer in answers:
        assert request.headers["range"].startswith("bytes=")
        assert answer is not None and answer.status == 206
        assert answer.headers["content-range"].startswith("bytes ")


def test_opening_the_page_asks_for_no_audio(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    assert asked
    assert not [one for one in asked if one.endswith("/recording")]
    assert not AuditEntry.objects.filter(action=AuditAction.RECORDING_OPENED).exists()


def test_it_goes_on_from_piece_to_piece(
    page: Page,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A small piece of a large file: the browser asks for what follows by itself, and
    names its end."""
    monkeypatch.setattr("conversations.recordings.serving.PIECE_BYTES", 256 * 1024)
    conversation = make_conversation(TURNS)
    make_recording(conversation, LENGTH, ending="wav")
    ranges: list[str] = []

    def note(response: Any) -> None:
        if response.url.endswith("/recording"):
            ranges.append(response.headers["content-range"])

    page.on("response", note)
    page.goto(f"/org/acme/conversations/{conversation.id}")
    page.get_by_label("Speed").select_option("2")
    page.get_by_role("button", name="Play").click()
    # 256 KiB are 2.7 seconds of it.
    wait_until("three pieces were heard", lambda: second(page) > 8.5)
    spans = [tuple(map(int, re.findall(r"\d+", one))) for one in ranges]
    assert len(spans) >= 2
    first, last, size = spans[0]
    assert (first, last) == (0, 256 * 1024 - 1)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(spans))
    assert spans[-1][1] == size - 1


def test_a_link_opens_at_a_second(page: Page, url: str) -> None:
    page.goto(f"{url}?t=47")
    expect(page.locator("[data-now]")).to_have_text("0:47")
    assert begins_at(page) == 47
    turn = heard(page)
    expect(turn).to_have_attribute("data-start", "46.0")
    expect(turn).to_be_in_viewport()
    assert not plays(page)
    page.get_by_role("button", name="Play").click()
    wait_until("it plays from there", lambda: 47 < second(page) < 50)


def test_the_link_to_a_second_is_copied(page: Page, url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}?provider=livekit&t=47")
    assert begins_at(page) == 47
    page.get_by_role("button", name="Link to this second").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.endswith(f"{url}?t=47")


def test_it_works_by_keyboard(page: Page, url: str) -> None:
    page.goto(url)
    position = slider(page)
    position.focus()
    for key, there in [
        ("End", 59.95),
        ("Home", 0),
        ("ArrowRight", 5),
        ("PageUp", 35),
        ("ArrowLeft", 30),
        ("PageDown", 0),
    ]:
        page.keyboard.press(key)
        wait_until(key, lambda there=there: abs(second(page) - there) < 0.3)  # type: ignore[misc]
    page.keyboard.press("Space")
    wait_until("it plays", lambda: plays(page))
    page.keyboard.press("Space")
    wait_until("it pauses", lambda: not plays(page))


def test_the_page_has_keys_for_it(page: Page, url: str) -> None:
    page.goto(url)
    page.keyboard.press("Space")
    wait_until("it plays", lambda: plays(page))
    page.keyboard.press("Space")
    wait_until("it pauses", lambda: not plays(page))
    at = second(page)
    page.keyboard.press(".")
    wait_until("it goes on", lambda: abs(second(page) - at - 5) < 0.3)
    page.keyboard.press(",")
    wait_until("it goes back", lambda: abs(second(page) - at) < 0.3)
    page.keyboard.press(">")
    expect(page.get_by_label("Speed")).to_have_value("1.25")
    # On a control the key is the control's.
    page.get_by_role("button", name="Copy JSON").focus()
    page.keyboard.press("Space")
    assert not plays(page)
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keyboard")
    expect(listed).to_contain_text("Play or pause")
    expect(listed).to_contain_text("Space")


def test_the_speed_is_remembered(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Speed").select_option("1.5")
    page.reload()
    expect(page.get_by_label("Speed")).to_have_value("1.5")
    rate = page.evaluate("() => document.querySelector('audio').playbackRate")
    assert rate == 1.5


def test_silence_is_skipped_where_that_is_chosen(page: Page, url: str) -> None:
    page.goto(f"{url}?t=29")
    page.get_by_label("Skip silence").check()
    page.get_by_role("button", name="Play").click()
    wait_until("it is behind the silence", lambda: second(page) > 39)
    skipped = page.evaluate(
        "() => [...Array(document.querySelector('audio').played.length).keys()]"
        ".map((i) => document.querySelector('audio').played.end(i))"
    )
    assert any(30 < end < 31.5 for end in skipped), "it left out the silence"


def test_the_turn_that_is_heard_stays_in_view_until_one_looks_away(
    page: Page, url: str
) -> None:
    page.set_viewport_size({"width": 1200, "height": 560})
    page.emulate_media(reduced_motion="reduce")  # nothing glides meanwhile
    page.goto(url)
    follow = page.get_by_role("button", name="Follow the turns")
    page.locator("#turn-1 .z-at").click()
    expect(follow).to_be_hidden()
    slider(page).focus()
    page.keyboard.press("End")
    expect(page.locator("#turn-16")).to_be_in_viewport()
    wait_until("it is over", lambda: not plays(page))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#turn-2")).to_be_in_viewport()
    page.keyboard.press("Space")
    wait_until("it plays", lambda: second(page) > 5.2)
    page.mouse.move(500, 450)
    page.mouse.wheel(0, 3000)
    expect(follow).to_be_visible()
    expect(page.locator("#turn-2")).not_to_be_in_viewport()
    wait_until("another turn is heard", lambda: second(page) > 7.3)
    expect(heard(page)).not_to_be_in_viewport()
    follow.click()
    expect(heard(page)).to_be_in_viewport()


def test_the_player_stays_at_hand(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 560})
    page.goto(url)
    page.mouse.wheel(0, 2000)
    expect(page.locator("#turn-1")).not_to_be_in_viewport()
    expect(page.get_by_role("button", name="Play")).to_be_in_viewport()


def test_a_later_part_of_the_turns_comes_when_it_is_heard(
    page: Page, make_conversation: MakeConversation, make_recording: MakeRecording
) -> None:
    turns = [
        {"role": "user", "content": f"Word {number}", "startSeconds": number / 10}
        for number in range(1, 590)
    ]
    conversation = make_conversation(turns)
    make_recording(conversation, LENGTH)
    page.goto(f"/org/acme/conversations/{conversation.id}")
    expect(page.locator("#turn-301")).to_have_count(0)
    slider(page).focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    expect(heard(page)).to_have_id(re.compile("^turn-3[45]"))
    page.goto(f"/org/acme/conversations/{conversation.id}?t=40")
    expect(page.locator("#turn-400")).to_be_in_viewport()
    expect(page.locator("#turn-400")).to_have_attribute("aria-current", "true")


def test_both_channels_are_lanes_and_marks_are_told_in_words(
    page: Page, url: str
) -> None:
    page.goto(url)
    lanes = page.locator(".z-player-lanes")
    expect(lanes).to_have_text(re.compile(r"Agent\s*User"))
    canvases = page.locator("[data-wave] .canvases canvas")
    expect(canvases.first).to_be_attached()
    tops = "all => all.map((one) => one.getBoundingClientRect().top)"
    wait_until("both are laid out", lambda: len(set(canvases.evaluate_all(tops))) == 2)
    expect(page.locator("[data-wave] rect")).to_have_count(
        len(Recording.objects.get().marks)
    )
    page.get_by_text("1 long silence").click()
    silence = page.get_by_role("link", name=re.compile("0:30.0:(39|40)"))
    expect(silence).to_be_visible()
    silence.click()
    wait_until("it plays there", lambda: 29 < second(page) < 40)


def test_what_cannot_be_played_says_so(page: Page, url: str) -> None:
    page.route(
        "**/recording",
        lambda route: route.fulfill(
            status=200, body="no audio", content_type="audio/ogg"
        ),
    )
    page.goto(url)
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-fault]")).to_contain_text("cannot play the recording")


def test_a_recording_that_arrives_brings_its_player(
    page: Page,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
) -> None:
    conversation = make_conversation(TURNS)
    recording = Recording.objects.create(
        conversation=conversation, source_url="https://example.com/a.ogg"
    )
    page.goto(f"/org/acme/conversations/{conversation.id}")
    expect(page.get_by_text("Recording waiting")).to_be_visible()
    Recording.objects.filter(pk=recording.pk).update(
        state="running", fetched_bytes=2_000_000, expected_bytes=8_000_000
    )
    expect(page.get_by_text("1.9 MB of 7.6 MB")).to_be_visible(timeout=10_000)
    make_recording(conversation, LENGTH, heard=HEARD)
    play = page.get_by_role("button", name="Play")
    expect(play).to_be_visible(timeout=10_000)
    expect(page.locator("#recording-state")).to_be_empty()
    play.click()
    wait_until("it plays", lambda: second(page) > 0.3)
    expect(page.locator("#turn-7 .z-at-heard")).to_be_visible()
    expect(page.locator("[data-wave] .canvases canvas").first).to_be_attached()
