"""`.../transcript.txt`, `.../transcript.json` and `.../metadata.json`."""

import json

import pytest

from tests.conversations.conftest import NOON

FILES = ["transcript.txt", "transcript.json", "metadata.json"]
TURNS = [
    {"role": "assistant", "content": "Hi ", "startSeconds": 0, "endSeconds": 1},
    {"role": "user", "content": "Hello\nthere", "startSeconds": 9, "interrupted": True},
    {
        "role": "tool",
        "kind": "call",
        "toolName": "look",
        "toolCallId": "1",
        "arguments": {"id": "é"},
    },
    {"role": "tool", "kind": "result", "toolCallId": "1", "content": "none"},
    {"role": "system", "kind": "handoff", "content": "a -> b"},
    {"role": "user", "content": ""},
    {"role": "assistant", "content": "سلم", "odd": {"kept": [1]}},
]


def url_of(conversation, file):
    return f"/org/acme/conversations/{conversation.id}/{file}"


@pytest.fixture
def conversation(make_conversation, organization):
    organization.time_zone = "Europe/Berlin"
    organization.save()
    return make_conversation(
        turns=TURNS,
        external_id="RM_9f",
        customer_name="Ada",
        started_at=NOON,
        duration_seconds=192,
        ended_reason="hung up",
        system_prompt="Be kind.",
        metadata={"é": [1]},
    )


def test_the_text_is_what_was_said(bob_client, conversation):
    response = bob_client.get(url_of(conversation, "transcript.txt"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'inline; filename="RM_9f.txt"'
    assert response.content.decode() == (
        "RM_9f · Ada · Front desk\n"
        "2026-11-22 13:00:00 CET · 3:12 · hung up\n"
        "\n"
        "[0:00] Assistant: Hi\n"
        "(8 s of silence)\n"
        "[0:09] User: Hello\n"
        "there (interrupted)\n"
        'Tool: look({"id": "é"})\n'
        "    Result: none\n"
        "(Handoff: a -> b)\n"
        "User: …\n"
        "Assistant: سلم\n"
    )


def test_the_json_is_what_was_sent(bob_client, conversation):
    response = bob_client.get(url_of(conversation, "transcript.json"))
    assert response["Content-Disposition"] == 'attachment; filename="RM_9f.json"'
    document = json.loads(response.content)
    assert document["content"] == TURNS
    assert document["systemPrompt"] == "Be kind."
    assert document["conversationId"] == str(conversation.id)
    assert "é" in response.content.decode()


def test_the_metadata_is_a_file_too(bob_client, conversation):
    response = bob_client.get(url_of(conversation, "metadata.json"))
    assert json.loads(response.content) == {"é": [1]}


def test_a_long_call_is_there_to_its_end(bob_client, make_conversation):
    turns = [{"role": "user", "content": f"word{n}"} for n in range(10_000)]
    conversation = make_conversation(turns=turns)
    text = bob_client.get(url_of(conversation, "transcript.txt")).content.decode()
    assert text.count("User: word") == 10_000
    document = bob_client.get(url_of(conversation, "transcript.json")).content
    assert len(json.loads(document)["content"]) == 10_000


def test_without_turns_it_says_so(bob_client, make_conversation):
    none: list[dict[str, object]] = []
    for turns in (None, none):
        conversation = make_conversation(turns=turns)
        text = bob_client.get(url_of(conversation, "transcript.txt")).content.decode()
        assert text.endswith("\n\n(No turns.)\n")
    document = bob_client.get(url_of(make_conversation(), "transcript.json")).json()
    assert document["content"] is None


def test_a_file_name_holds_nothing_that_could_end_it(bob_client, make_conversation):
    for reference, name in [
        ('a"; filename="b.exe', "a_filename_b.exe.txt"),
        ("../../etc/passwd", "etc_passwd.txt"),
        ("x" * 250, "x" * 80 + ".txt"),
    ]:
        conversation = make_conversation(external_id=reference)
        response = bob_client.get(url_of(conversation, "transcript.txt"))
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
    conversation = make_conversation(external_id="注文")
    response = bob_client.get(url_of(conversation, "transcript.txt"))
    assert f'"{conversation.id}.txt"' in response["Content-Disposition"]


@pytest.mark.parametrize("file", FILES)
def test_it_refuses_an_outsider(charlie_client, conversation, file):
    url = url_of(conversation, file)
    assert charlie_client.get(url).status_code == 404
    assert charlie_client.get(url.replace("acme", "globex")).status_code == 404


@pytest.mark.parametrize("file", FILES)
def test_it_sends_the_signed_out_to_the_login(client, conversation, file):
    assert client.get(url_of(conversation, file))["Location"].startswith("/login")


@pytest.mark.parametrize("file", FILES)
def test_it_is_only_read(bob_client, conversation, file):
    assert bob_client.post(url_of(conversation, file)).status_code == 405
