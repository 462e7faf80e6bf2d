"""`docs/api.md`: each recipe, as it stands there, against a running server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.schema.running import Program, Running
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.stack import CHECKOUT

pytestmark = pytest.mark.processes

PAGE = (CHECKOUT / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def recipes(page: str) -> dict[tuple[str, str], str]:
    """By heading and language; what stands above all headings has none."""
    found: dict[tuple[str, str], str] = {}
    for part in re.split("^## ", f"\n{page}", flags=re.MULTILINE):
        heading = part.partition("\n")[0]
        for language, code in BLOCK.findall(part):
            assert (heading, language) not in found, f"{heading}: two in {language}"
            found[heading, language] = code
    return found


RECIPES = recipes(PAGE)
BEGINNING = RECIPES.pop(("", "python"))

# What each prints, from what is there: the conversation is `kept`, and one post of the
# organization was refused.
Printed = Callable[[str, dict[str, Any]], bool]
EXPECTED: dict[tuple[str, str], Printed] = {
    ("Post a session", "bash"): lambda text, _: json.loads(text) == {"received": True},
    ("Post a session", "python"): lambda text, _: text == "{'received': True}\n",
    ("Upload a recording", "bash"): lambda text, _: (
        json.loads(text)["source"] == "upload" and json.loads(text)["hasAudio"]
    ),
    ("Upload a recording", "python"): lambda text, _: text.endswith(" True\n"),
    ("Send the audio of a session that was posted", "bash"): lambda text, _: (
        json.loads(text) == {"received": True}
    ),
    ("Send the audio of a session that was posted", "python"): lambda text, _: (
        text == "{'received': True}\n"
    ),
    ("List conversations", "bash"): lambda text, kept: (
        kept["id"] in {each["id"] for each in json.loads(text)["data"]}
    ),
    ("List conversations", "python"): lambda text, kept: (
        f"{kept['createdAt']} {kept['referenceId']} {kept['name']}" in text.split("\n")
    ),
    ("Go through all conversations", "bash"): lambda text, kept: (
        kept["id"] in {row["id"] for line in text.splitlines() for row in rows(line)}
    ),
    ("Go through all conversations", "python"): lambda text, kept: (
        f"{kept['id']} {kept['referenceId']}" in text.split("\n")
    ),
    ("Keep up with what arrives and changes", "bash"): lambda text, kept: (
        kept["id"] in {row["id"] for line in text.splitlines() for row in rows(line)}
        and rows(text.splitlines()[-1]) == []
    ),
    ("Keep up with what arrives and changes", "python"): lambda text, _: (
        re.fullmatch(r"[1-9]\d* conversations; go on with \S{32}\n", text) is not None
    ),
    ("Read a conversation and what was said", "bash"): lambda text, kept: (
        [json.loads(line).get("id") for line in text.splitlines()] == [kept["id"], None]
        and json.loads(text.splitlines()[1])["conversationId"] == kept["id"]
    ),
    ("Read a conversation and what was said", "python"): lambda text, kept: (
        text == f"{kept['referenceId']} caller hung up\n"
        "assistant: Northwind, how can I help?\nuser: Where is my order?\n"
    ),
    ("Ask again only for what has changed", "bash"): lambda text, _: text == "304\n",
    ("Ask again only for what has changed", "python"): lambda text, _: (
        text == "unchanged\n"
    ),
    ("See which posts were refused", "bash"): lambda text, _: (
        rows(text)[0]["errors"][0]["path"] == "call.externalId"
    ),
    ("See which posts were refused", "python"): lambda text, _: (
        " 422 call.externalId " in text and "\n    call.externalId " in text
    ),
    ("Know which sessions are missing", "bash"): lambda text, _: rows(text) == [],
    ("Know which sessions are missing", "python"): lambda text, _: (
        text == "0 missing\n"
    ),
    # The round may have found that posts are refused.
    ("Know what is wrong", "bash"): lambda text, _: isinstance(rows(text), list),
    ("Know what is wrong", "python"): lambda text, _: text.endswith(" open\n"),
    ("Know which hosts forward", "bash"): lambda text, _: rows(text) == [],
    ("Know which hosts forward", "python"): lambda text, _: text == "0 hosts\n",
    ("Replay a delivery", "bash"): lambda text, kept: (
        json.loads(text)["conversationId"] == kept["id"]
    ),
    ("Replay a delivery", "python"): lambda text, _: "processed" in text,
    ("Know what was used", "bash"): lambda text, _: (
        json.loads(text)["totals"]["calls"] >= 1
    ),
    ("Know what was used", "python"): lambda text, _: (
        re.fullmatch(r"(\d{4}-\d\d-\d\d \d+ 0\.0000\n)+together \d+\n", text)
        is not None
    ),
    ("Rename an agent", "bash"): lambda text, kept: (
        json.loads(text)["id"] == kept["agentId"]
        and json.loads(text)["name"] == "Night desk"
    ),
    ("Rename an agent", "python"): lambda text, _: text == "Night desk\n",
    ("Erase a conversation", "bash"): lambda text, _: text == "204\n",
    ("Erase a conversation", "python"): lambda text, _: text == "204\n",
    ("When something is refused", "bash"): lambda text, _: (
        json.loads(text)["errors"][0]["path"] == "limit"
    ),
    ("When something is refused", "python"): lambda text, _: text.startswith(
        "400 limit must be a whole number from 1 to 200"
    ),
}


def rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["data"]
    return found


def test_every_recipe_is_tried_in_both_languages() -> None:
    assert RECIPES.keys() == EXPECTED.keys()
    assert len(RECIPES) == 2 * PAGE.count("\n## ")


@pytest.fixture(scope="module")
def program(running: Running) -> Iterator[Program]:
    with running.program(running.key("Recipes")) as program:
        program.http.post("/webhooks/calls", json={"call": {}})
        program.wait_for_rows("/v1/deliveries", 1, outcome="rejected")
        yield program


@pytest.mark.parametrize(("heading", "language"), RECIPES)
def test_it_does_what_it_says(
    program: Program, tmp_path: Path, heading: str, language: str
) -> None:
    reference = f"{heading} {language}"
    kept = program.post(reference)
    program.wait_for_rows("/v1/conversations", 1, referenceId=reference, q="my order")
    (delivery,) = program.rows("/v1/deliveries", referenceId=reference)
    write_sound(tmp_path / "recording.ogg", 1.0)
    if heading == "Send the audio of a session that was posted":
        for name in ("call-1001", "call-1002"):  # as another recipe posts them
            program.post(name)
    printed = run(
        RECIPES[heading, language],
        language,
        tmp_path,
        ZELTO_URL=program.url,
        ZELTO_API_KEY=program.key,
        CONVERSATION_ID=kept["id"],
        AGENT_ID=kept["agentId"],
        DELIVERY_ID=delivery["id"],
    )
    assert EXPECTED[heading, language](printed, kept), printed
    left = program.rows("/v1/conversations", referenceId=reference)
    assert len(left) == (0 if heading == "Erase a conversation" else 1)


def run(code: str, language: str, folder: Path, **environment: str) -> str:
    """What it prints. It runs as a person runs it: a file, a shell, the environment."""
    command = {"bash": "bash", "python": sys.executable}[language]
    script = folder / f"recipe.{language}"
    script.write_text(code if language == "bash" else BEGINNING + code, "utf-8")
    result = subprocess.run(  # noqa: S603
        [command, str(script)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    return result.stdout
