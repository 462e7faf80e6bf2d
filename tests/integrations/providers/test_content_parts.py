"""Words in typed parts are text, whoever writes the parts; only pictures and sound stay
out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.bodies import body, items, taken, turns, warned

SAID = "I want to move my appointment"
# Each as an SDK writes it: see docs/compatibility.md.
WORDS = [
    [{"type": "text", "text": SAID}],
    {"type": "text", "text": SAID},
    [{"type": "input_text", "text": SAID}],
    [{"type": "output_text", "text": SAID, "annotations": [], "logprobs": []}],
    [{"type": "input_audio", "audio": None, "transcript": SAID}],
    [{"type": "output_audio", "audio": "UklGRg==", "transcript": SAID}],
    [{"type": "audio", "transcript": SAID}],
    [{"type": "audio_content", "frame": [], "transcript": SAID}],
    [{"type": "text", "text": {"value": SAID, "annotations": []}}],
    [{"type": "text", "content": SAID}],
    [{"type": "tool_result", "content": [{"type": "text", "text": SAID}]}],
    {"content": [{"type": "text", "text": SAID}], "isError": False},
    [{"type": "refusal", "refusal": SAID}],
    [{"type": "instructions", "audio": SAID}],
    [{"type": "text", "text": [{"text": SAID}]}],
    [{"type": "audio", "transcript": {"text": SAID, "language": "en"}}],
    [{"text": SAID}],
    [{"transcript": SAID}],
    [{"type": "never heard of", "transcript": SAID, "more": 1}],
    [{"type": "audio", "text": SAID, "transcript": SAID}],
]
# What has no words, and of which nothing is lost that is ever kept.
WORDLESS: list[Any] = [
    None,
    {},
    {"type": "text", "text": ""},
    {"type": "audio", "transcript": ""},
    {"type": "cache_breakpoint"},
    {"type": "step-start", "id": "1", "options": {}, "note": None},
    {"type": "input_audio", "audio": "UklGRg==", "transcript": None},
    {"type": "audio_content", "frame": []},
    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
    {"type": "image_content", "image": "https://example.com/a.png", "id": "img_1"},
    {"type": "image", "source": {"type": "base64", "data": "AA=="}},
    {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
    {"type": "image", "image": "AA==", "context": "as a proof"},
    {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
    {"inline_data": {"mime_type": "image/png", "data": "AA=="}},
    {"type": "file", "mediaType": "image/png", "url": "https://example.com/a"},
    {"image_url": "https://example.com/a.png"},
]
# What may well have had words, of which there are none where words are.
LOST: list[Any] = [
    {"type": "text"},
    {"type": "text", "text": None},
    {"type": "text", "value": SAID},
    {"type": "audio_transcript", "said": SAID},
    {"type": "thinking", "thinking": SAID},
    {"type": "tool_use", "name": "look", "input": {"a": 1}},
    {"words": SAID},
    {"audio_transcript": SAID},
    {"type": "input_audio", "audio": "UklGRg==", "text_of_it": SAID},
    True,
    1,
    ["hi"],
]


def canonical(content: Any) -> dict[str, Any]:
    return turns({"role": "user", "content": content})


def livekit(content: Any) -> dict[str, Any]:
    return items({"type": "message", "role": "user", "content": content})


both = pytest.mark.parametrize(
    ("provider", "make", "path"),
    [
        ("zelto", canonical, "transcript.turns[0].content"),
        ("livekit", canonical, "transcript.turns[0].content"),
        ("livekit", livekit, "transcript.items[0].content"),
    ],
)


@both
@pytest.mark.parametrize("content", WORDS)
def test_the_words_of_parts_are_the_text(provider, make, path, content):
    (turn,) = taken(make(content), provider).turns or []
    assert turn["content"] == SAID


@both
def test_parts_are_joined_by_newlines_in_their_order(provider, make, path):
    content = [
        "a",
        {"type": "text", "text": "b"},
        "",
        {"type": "text", "text": ""},
        {"type": "audio", "transcript": "c"},
        {"type": "text", "text": 12},
    ]
    (turn,) = taken(make(content), provider).turns or []
    assert turn["content"] == "a\nb\n\nc\n12"


@both
@pytest.mark.parametrize("part", WORDLESS)
def test_what_loses_nothing_is_no_warning(provider, make, path, part):
    for content in ([part], [{"type": "text", "text": "hi"}, part]):
        (turn,) = taken(make(content), provider).turns or []
        assert turn["content"] == ("hi" if len(content) > 1 else "")


@both
@pytest.mark.parametrize("part", LOST)
def test_words_that_cannot_be_found_are_a_warning(provider, make, path, part):
    update, (told, detail) = warned(make(["hi", part, {"type": "image"}]), provider)
    assert [turn["content"] for turn in update.turns or []] == ["hi"]
    assert told == path
    assert "1 without were dropped" in detail


@pytest.mark.parametrize(
    "own",
    [
        {"text": SAID},
        {"transcript": SAID},
        {"content": None, "audio": {"id": "a", "data": "AA==", "transcript": SAID}},
        {"content": "", "audio": {"id": "a", "data": "AA==", "transcript": SAID}},
        {"content": "", "additional_kwargs": {"audio": {"transcript": SAID}}},
        {"content": [], "refusal": SAID},
        {"parts": [{"type": "text", "text": SAID}, {"type": "step-start"}]},
    ],
)
def test_an_empty_content_gives_way_to_the_words_beside_it(own):
    (turn,) = taken(turns({"role": "assistant", **own})).turns or []
    assert turn == {"role": "assistant", **own, "content": SAID}


def test_the_history_of_a_realtime_session_is_taken_as_it_is():
    sent = [
        {
            "itemId": f"item_{number}",
            "previousItemId": None,
            "type": "message",
            "role": role,
            "status": "completed",
            "content": [content],
        }
        for number, (role, content) in enumerate(
            [
                (
                    "assistant",
                    {"type": "output_audio", "transcript": "a", "audio": None},
                ),
                ("user", {"type": "input_audio", "transcript": "b", "audio": None}),
                ("user", {"type": "input_text", "text": "c"}),
                ("assistant", {"type": "audio", "transcript": "", "audio": None}),
            ]
        )
    ]
    read = taken(turns(*sent)).turns or []
    assert [turn["content"] for turn in read] == ["a", "b", "c", ""]
    assert [turn["itemId"] for turn in read] == [one["itemId"] for one in sent]


def test_words_beside_a_content_change_nothing():
    sent = {"role": "user", "content": "hi", "text": "other", "transcript": "other"}
    assert taken(turns(sent)).turns == [sent]


@pytest.mark.parametrize(
    "own", [{"text": {}}, {"audio": "AA=="}, {"transcript": []}, {"audio": {"id": 1}}]
)
def test_other_keys_beside_an_empty_content_stay_without_a_word(own):
    sent = {"role": "user", "content": "", **own}
    assert taken(turns(sent)).turns == [sent]


def test_a_system_prompt_may_be_in_parts():
    prompt = [
        {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Be brief."},
    ]
    assert taken(body(systemPrompt=prompt)).system_prompt == "You help.\nBe brief."


def test_a_leading_system_turn_in_parts_is_kept_as_text():
    sent = turns({"role": "developer", "content": [{"type": "text", "text": "Help."}]})
    assert taken(sent).turns == [{"role": "system", "content": "Help."}]


@pytest.mark.parametrize(
    "instructions",
    [
        {"type": "instructions", "audio": "Speak.", "text": "Write."},
        {"type": "instructions", "audio": "Write."},
        [{"type": "text", "text": "Write."}],
    ],
)
def test_livekits_instructions_may_be_in_parts(instructions):
    update = taken(
        items({"type": "agent_config_update", "instructions": instructions}), "livekit"
    )
    assert update.system_prompt == "Write."
    later = {"type": "agent_config_update", "instructions": instructions}
    (turn,) = (
        taken(items({"type": "agent_config_update"}, later), "livekit").turns or []
    )
    assert (turn["kind"], turn["content"]) == ("config_update", "Write.")


def test_an_item_of_an_unknown_type_shows_its_words():
    sent = {"type": "note", "content": [{"type": "text", "text": SAID}]}
    update, _ = warned(items(sent), "livekit")
    assert [turn["content"] for turn in update.turns or []] == [SAID]
