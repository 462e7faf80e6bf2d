"""`kill -9` while sessions and their logs are uploaded: what was acknowledged is there
once, with its audio, and no file is left that nothing names.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import defaultdict
from contextlib import suppress

import pytest

from tests.integrations.livekit_upload.bodies import (
    FORM,
    JSON,
    form,
    header,
    history,
    logs,
    record,
    said,
)
from tests.integrations.livekit_upload.recorded import requests_of
from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import Ask, database
from tests.zelto.livekit_upload.uploads import LOGS, SESSION, Uploads, upload_key
from tests.zelto.stack import SHORT_LEASE, Stack, wait_for

pytestmark = pytest.mark.processes

SECONDS = float(os.environ.get("ZELTO_FAULT_SECONDS", "8"))
SEED = int(os.environ.get("ZELTO_FAULT_SEED") or random.randrange(10**6))  # noqa: S311
ROLES = ["web-worker", "web-worker", "web-worker", "worker", "media"]
SENDERS = 4
WAITING = """
    SELECT count(*) FROM integrations_delivery
    WHERE outcome NOT IN ('processed', 'ignored', 'rejected')
"""
CALLS = """
    SELECT call.external_id, recording.state, recording.file, recording.source_url,
        jsonb_array_length(transcript.turns), agent.external_id, call.metadata ->> 'room'
    FROM conversations_conversation AS call
    JOIN conversations_agent AS agent ON agent.id = call.agent_id
    JOIN conversations_transcript AS transcript ON transcript.conversation_id = call.id
    LEFT JOIN conversations_recording AS recording ON recording.conversation_id = call.id
"""
FETCHING = """
    SELECT count(*) FROM conversations_recording WHERE state IN ('waiting', 'running')
"""
CHARGES = "SELECT count(*), count(DISTINCT subject) FROM conversations_charge"
# As if an hour and more had passed since those files were noted.
LATER = "UPDATE conversations_unusedfile SET delete_after = now() WHERE delete_after < now() + interval '2 hours'"
NOTED = (
    "SELECT name, delete_after > now() + interval '1 day' FROM conversations_unusedfile"
)


def voice() -> bytes:
    """Return the recorded sound of a session."""
    body = requests_of("py-1.8.9-voice", "recordings")[0].body
    sound = body[body.index(b"OggS") :]
    return sound[: sound.rindex(b"\r\n--")]


class Jobs:
    """Uploads jobs, each in pieces in an order of its own, until each is acknowledged or
    the SDK would give up.
    """

    def __init__(self, uploads: Uploads) -> None:
        self.uploads = uploads
        self.acknowledged: dict[str, set[str]] = defaultdict(set)
        self.answers: dict[int, int] = defaultdict(int)
        self.is_over = threading.Event()
        self.sound = voice()
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self.run, args=[number])
            for number in range(SENDERS)
        ]

    def run(self, sender: int) -> None:
        chance = random.Random(SEED + sender)  # noqa: S311 - no secret
        number = 0
        while not self.is_over.is_set():
            job = f"AJ_{sender}_{number}"
            pieces = ["session", "logs", "more logs"]
            pieces = chance.sample(pieces, chance.randint(1, 3))
            # Some come twice: their first answer never came.
            for piece in [*pieces, *chance.sample(pieces, chance.randint(0, 1))]:
                self.upload(job, piece)
            number += 1

    def wait_for_more(self, count: int) -> None:
        enough = self.answers[200] + count
        wait_for(lambda: self.answers[200] >= enough, 60, what="more is acknowledged")

    def upload(self, job: str, piece: str) -> None:
        path, body, kind = self.piece(job, piece)
        for _ in range(4):
            status = self.uploads.post(path, body, Content_Type=kind)
            with self.lock:
                self.answers[status] += 1
                if status == 200:
                    self.acknowledged[job].add(piece)
            if status == 200 or self.is_over.wait(0.2):
                return

    def piece(self, job: str, piece: str) -> tuple[str, bytes, str]:
        items = said("Hello?", "Hi, this is Acme.", "A question.", "An answer.")
        if piece == "session":
            body = form(
                ("header", header(job, "RM_" + job)),
                ("chat_history", history(items)),
                ("audio", self.sound),
            )
            return SESSION, body, FORM["content-type"]
        room = "RM_" + job
        named = {"room": "room of " + job}
        half = items[:2] if piece == "logs" else items[2:]
        records = [
            record(
                job=job, room=room, attributes=named | {"chat.item": {"message": one}}
            )
            for one in half
        ]
        if piece == "logs":
            report = named | {"agent_name": "desk", "sdk_version": "1.7.1"}
            records.insert(
                0, record("session report", job=job, room=room, attributes=report)
            )
        return LOGS, logs(*records), JSON["content-type"]


def kill_at_random(stack: Stack, jobs: Jobs) -> dict[str, int]:
    chance = random.Random(SEED)  # noqa: S311 - no secret
    kills: dict[str, int] = defaultdict(int)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        jobs.wait_for_more(chance.randrange(1, 40))
        role = chance.choice(ROLES)
        with suppress(KeyError, ProcessLookupError):
            stack.kill9(role)
            kills[role] += 1
        if role != "web-worker":  # the one that web replaces by itself
            stack.wait_until_ended()
            stack.start()
    return dict(kills)


def assert_each_once(ask: Ask, jobs: Jobs) -> None:
    rows = ask(CALLS)
    found = {row[0]: row[1:] for row in rows}
    assert len(rows) == len(found)
    missing = jobs.acknowledged.keys() - found.keys()
    assert not missing, f"{len(missing)} acknowledged jobs are missing"
    assert ask(CHARGES) == [(len(found), len(found))]
    for job, pieces in jobs.acknowledged.items():
        state, file, _, turns, agent, room = found[job]
        if "session" in pieces:
            assert (state, bool(file)) == ("done", True), job
        if "session" in pieces or {"logs", "more logs"} <= pieces:
            assert turns == 4, job
        if "logs" in pieces:
            assert (agent, room) == ("desk", "room of " + job)


def assert_no_orphans(ask: Ask, stack: Stack) -> int:
    """Check that each file is named by its recording, or noted to be swept away."""
    folder = stack.data_dir / "recordings"
    there = {
        str(one.relative_to(folder))
        for one in folder.rglob("*")
        if one.is_file() and ".drafts" not in one.parts
    }
    named = {row[2] for row in ask(CALLS) if row[2]}
    noted = {name for name, _ in ask(NOTED)}
    assert named <= there, "a recording has no file"
    assert there - named <= noted, "a file is named by nothing"
    return len(there - named)


def test_kills_lose_and_double_nothing_that_was_uploaded(count: Count) -> None:
    print(f"ZELTO_FAULT_SEED={SEED}")  # noqa: T201 - to do the same again
    with Stack(environment=SHORT_LEASE) as stack:
        jobs = Jobs(Uploads(stack, upload_key(stack)))
        for thread in jobs.threads:
            thread.start()
        try:
            kills = kill_at_random(stack, jobs)
        finally:
            jobs.is_over.set()
            for thread in jobs.threads:
                thread.join()
        assert 500 not in jobs.answers
        with database(stack) as ask:
            wait_for(lambda: ask(WAITING) == [(0,)], 120, what="all is processed")
            wait_for(lambda: ask(FETCHING) == [(0,)], 120, what="all audio is read")
            assert_each_once(ask, jobs)
            left = assert_no_orphans(ask, stack)
        count(
            seed=SEED,
            kills=kills,
            jobs=len(jobs.acknowledged),
            answers=dict(jobs.answers),
            left_to_sweep=left,
        )
