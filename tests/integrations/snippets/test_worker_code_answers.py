"""The handed out code in LiveKit's own job processes: what it makes of each answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import pytest

from integrations.snippets.code_files import short_worker_code, worker_code
from tests.integrations.livekit_worker.receiver import (
    Answer,
    Posted,
    Step,
    babble,
    hang,
    hang_up,
    receiving,
    reset,
)
from tests.integrations.livekit_worker.worker import WorkerRun, run_worker
from tests.zelto.free_port import free_port

pytestmark = pytest.mark.processes

KEY = "zelto_a-key-of-these-tests"
FINE = Answer()
PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "1 field does not fit.",
    "errors": [{"path": "call.externalId", "detail": "must be at most 255 characters"}],
    "requestId": "0197",
}
WARNED = {"received": True, "warnings": [{"path": "version", "detail": "was cut"}]}

REFUSED: dict[str, list[Step]] = {
    "does_not_fit": [Answer(422, json.dumps(PROBLEM))],
    "unknown_key": [Answer(401, '{"detail": "This key is unknown."}')],
    "wrong_scope": [Answer(403, '{"detail": "The key may only read."}')],
    "no_such_path": [Answer(404, "<h1>Not Found</h1>")],
    "warned": [Answer(200, json.dumps(WARNED))],
    "another_site": [Answer(200, "<h1>Welcome</h1>")],
}
REASONS = {
    "does_not_fit": [
        "422",
        "1 field does not fit.",
        "call.externalId",
        "255 characters",
    ],
    "unknown_key": ["401", "This key is unknown."],
    "wrong_scope": ["403", "The key may only read."],
    "no_such_path": ["404", "Not Found"],
    "warned": ["200", "version", "was cut"],
    "another_site": ["200", "Welcome"],
}
TAKEN_LATER: dict[str, list[Step]] = {
    "restarting": [Answer(503, headers={"Retry-After": "1"}), FINE],
    "rate_limited": [Answer(429, headers={"Retry-After": "1"}), FINE],
    "retry_at_a_date": [
        Answer(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        FINE,
    ],
    "request_timeout": [Answer(408), FINE],
    "too_early": [Answer(425), FINE],
    "bad_gateway": [Answer(502, b"\xff\xfe no UTF-8"), FINE],
    "hangs_up": [hang_up, FINE],
    "resets": [reset, FINE],
}
NEVER_TAKEN: dict[str, list[Step]] = {
    "broken": [Answer(500, '{"detail": "Something broke."}')],
    "silent": [hang],
    "no_http": [babble],
    "much_later": [Answer(429, '{"detail": "Slow."}', {"Retry-After": "60"})],
}
BUDGET = 8.0  # seconds, for all tries of a session
SLACK = 2.0  # seconds, for a busy machine


@dataclass(frozen=True)
class Outcome:
    worker: WorkerRun
    posted: dict[str, list[Posted]]

    def message(self, room: str) -> str:
        """The one thing that was logged of it."""
        [record] = self.worker.said(room)
        assert record["level"] == "ERROR"
        return record["message"]

    def seconds(self, room: str) -> float:
        seconds = self.worker.sessions[room].seconds
        assert seconds is not None
        return seconds


def run(
    code: str, folder: Path, rooms: dict[str, list[Step]], agent_name: str
) -> WorkerRun:
    file = folder / "worker_code.py"
    file.write_text(code, "utf-8")
    sessions = [f"order:{room}" for room in rooms]
    return run_worker(file, *sessions, key=KEY, agent_name=agent_name)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """By the code that tries again."""
    rooms = REFUSED | TAKEN_LATER | NEVER_TAKEN
    folder = tmp_path_factory.mktemp("long")
    with receiving(rooms) as receiver:
        worker = run(worker_code(receiver.base_url), folder, rooms, "front-desk")
    yield Outcome(worker, receiver.posted)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """By the short form."""
    rooms = REFUSED | NEVER_TAKEN
    folder = tmp_path_factory.mktemp("short")
    with receiving(rooms) as receiver:
        worker = run(short_worker_code(receiver.base_url), folder, rooms, "front-desk")
    yield Outcome(worker, receiver.posted)


@pytest.fixture(params=["sent", "reported"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    outcome: Outcome = request.getfixturevalue(request.param)
    return outcome


def test_the_dispatch_name_wins_over_the_constant(outcome: Outcome) -> None:
    for posts in outcome.posted.values():
        for posted in posts:
            assert posted.body["agent"] == {"externalId": "front-desk"}


def test_no_answer_ever_raises_out_of_the_hook(outcome: Outcome) -> None:
    """The SDK logs what a hook raises."""
    messages = " ".join(record["message"] for record in outcome.worker.log)
    assert "on_session_end callback" not in messages
    assert "error while" not in messages


def test_the_key_is_nowhere_in_the_output(outcome: Outcome) -> None:
    assert KEY not in outcome.worker.output


@pytest.mark.parametrize("room", REFUSED)
def test_a_refusal_is_logged_with_its_reason_and_not_repeated(
    outcome: Outcome, room: str
) -> None:
    assert len(outcome.posted[room]) == 1
    for words in REASONS[room]:
        assert words in outcome.message(room)


@pytest.mark.parametrize("room", TAKEN_LATER)
def test_what_may_pass_is_tried_again_without_a_word(sent: Outcome, room: str) -> None:
    first, second = sent.posted[room]
    assert first.body == second.body
    assert sent.worker.said(room) == []


@pytest.mark.parametrize("room", ["restarting", "rate_limited"])
def test_retry_after_is_honoured(sent: Outcome, room: str) -> None:
    first, second = sent.posted[room]
    assert second.at - first.at >= 1.0


def test_it_does_not_wait_for_what_is_beyond_its_budget(sent: Outcome) -> None:
    assert len(sent.posted["much_later"]) == 1
    assert sent.seconds("much_later") < SLACK
    assert "429" in sent.message("much_later")


def test_the_waits_grow_within_the_budget(sent: Outcome) -> None:
    times = [posted.at for posted in sent.posted["broken"]]
    waits = [after - before for before, after in pairwise(times)]
    assert len(waits) >= 3
    assert waits == sorted(waits)
    assert times[-1] - times[0] <= BUDGET
    assert sent.seconds("broken") <= BUDGET + SLACK
    assert "500 " in sent.message("broken")
    assert "Something broke." in sent.message("broken")


def test_silence_is_left_after_five_seconds_and_tried_again(sent: Outcome) -> None:
    first, second = sent.posted["silent"]
    assert 5.0 <= second.at - first.at <= 5.5 + SLACK
    assert sent.seconds("silent") <= BUDGET + SLACK
    assert "Timeout" in sent.message("silent")


def test_noise_in_place_of_http_is_named(sent: Outcome) -> None:
    assert len(sent.posted["no_http"]) > 1
    assert "ClientResponseError" in sent.message("no_http")


@pytest.mark.parametrize("room", NEVER_TAKEN)
def test_the_short_form_tries_once_and_logs_it(reported: Outcome, room: str) -> None:
    assert len(reported.posted[room]) == 1
    assert reported.message(room)
    assert reported.seconds(room) <= 5.0 + SLACK


FORMS = [worker_code, short_worker_code]
Form = Callable[[str], str]
DOWN, NO_KEY, ODD_KEY = "down", "no_key", "odd_key"


def room_of(form: Form, case: str) -> str:
    return f"{form.__name__}-{case}"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Both forms, each with another address and another key in each session."""
    folders = tmp_path_factory.mktemp("alone")
    with receiving({}) as receiver:
        cases = {
            DOWN: (f"http://127.0.0.1:{free_port()}", KEY),
            NO_KEY: ("http://127.0.0.1:9", None),
            ODD_KEY: (receiver.base_url, "zelto_secret\nX-More: secret"),
        }
        rooms = []
        for form, (case, (url, key)) in product(FORMS, cases.items()):
            rooms.append(room_of(form, case))
            folder = folders / rooms[-1]
            folder.mkdir()
            (folder / "worker_code.py").write_text(form(url), "utf-8")
            if key is not None:
                (folder / "key").write_text(key, "utf-8")
        sessions = [f"order:{room}" for room in rooms]
        worker = run_worker(None, *sessions, key=None, folders=folders, try_for=1.5)
    return Outcome(worker, receiver.posted)


@pytest.mark.parametrize("form", FORMS)
def test_a_zelto_that_is_down_is_logged(alone: Outcome, form: Form) -> None:
    assert "Cannot connect" in alone.message(room_of(form, DOWN))
    assert KEY not in alone.worker.output


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_key_is_named(alone: Outcome, form: Form) -> None:
    assert "ZELTO_API_KEY" in alone.message(room_of(form, NO_KEY))


@pytest.mark.parametrize("form", FORMS)
def test_a_key_that_fits_no_header_is_not_logged(alone: Outcome, form: Form) -> None:
    assert not alone.posted
    assert "not sent" in alone.message(room_of(form, ODD_KEY))
    assert "zelto_secret" not in alone.worker.output
