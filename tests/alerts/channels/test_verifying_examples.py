"""`docs/webhooks-out.md`: each example, as it stands there, on what a channel posts."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.alerts.channels.conftest import SECRET, Send, notice
from tests.alerts.receiver import Post, Receiver
from tests.zelto.stack import CHECKOUT

pytestmark = pytest.mark.processes

PAGE = (CHECKOUT / "docs" / "webhooks-out.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```(python|javascript)\n(.*?)^```$", PAGE, re.S | re.M)
FORMER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PYTHON = """
import base64, json, sys
given = json.load(sys.stdin)
body = base64.b64decode(given["body"])
print(verify(given["secret"], given["headers"], body)["type"])
"""
NODE = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const body = Buffer.from(given.body, "base64");
console.log(verify(given.secret, given.headers, body).type);
"""


def run(
    language: str, code: str, folder: Path, post: Post, secret: str = SECRET
) -> subprocess.CompletedProcess[str]:
    """Run an example on a post."""
    node = shutil.which("node")
    if language == "javascript" and node is None:
        pytest.skip("there is no Node.js")
    is_python = language == "python"
    file = folder / ("example.py" if is_python else "example.mjs")
    file.write_text(code + (PYTHON if is_python else NODE), "utf-8")
    body = base64.b64encode(post.body).decode()
    given = {"secret": secret, "headers": post.headers, "body": body}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable if is_python else str(node), str(file)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def post(receiver: Receiver, send: Send) -> Post:
    assert send("webhook", replace(notice(), former_secret=FORMER)).was_taken
    return receiver.posts[-1]


def test_there_is_one_for_each_way() -> None:
    languages = [language for language, _ in EXAMPLES]
    assert languages == ["python", "python", "javascript"]


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_an_example_takes_what_is_ours(
    language: str, code: str, post: Post, tmp_path: Path
) -> None:
    for secret in (SECRET, FORMER):
        done = run(language, code, tmp_path, post, secret)
        assert (done.stdout, done.stderr) == ("issue.opened\n", "")


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_an_example_refuses_what_is_not(
    language: str, code: str, post: Post, tmp_path: Path
) -> None:
    old = {**post.headers, "webhook-timestamp": "1700000000"}
    other = {**post.headers, "webhook-id": "another"}
    for bad in (
        replace(post, body=post.body + b" "),
        replace(post, headers=old),
        replace(post, headers=other),
    ):
        done = run(language, code, tmp_path, bad)
        assert done.returncode != 0
        assert done.stdout == ""
    stranger = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert run(language, code, tmp_path, post, stranger).returncode != 0
