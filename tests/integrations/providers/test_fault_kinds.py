"""What became of a value that did not fit, as a fact beside the sentence."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.providers import FaultKind, read
from tests.integrations.bodies import body, call, items, turns


@pytest.mark.parametrize(
    ("payload", "provider", "path", "kind"),
    [
        (call(endedReason="x" * 300), "zelto", "call.endedReason", FaultKind.CUT),
        (call(cost="much"), "zelto", "call.cost", FaultKind.DROPPED),
        (body(unknown=1), "zelto", "unknown", FaultKind.IGNORED),
        (body(metadata=[]), "zelto", "metadata", FaultKind.DROPPED),
        (
            call(startedAt="2026-11-02T10:00:00Z", endedAt="2026-11-01T10:00:00Z"),
            "zelto",
            "call.endedAt",
            FaultKind.KEPT,
        ),
        (call(endedReason="a\0b"), "zelto", "call.endedReason", FaultKind.ALTERED),
        (items("no item"), "livekit", "transcript.items[0]", FaultKind.DROPPED),
    ],
)
def test_a_warning_says_what_was_done(
    payload: dict[str, Any], provider: str, path: str, kind: FaultKind
) -> None:
    reading = read(provider, payload)

    assert [(one.path, one.kind) for one in reading.warnings] == [(path, kind)]


@pytest.mark.parametrize(
    "payload", [{}, turns({"role": "nobody"}), call(externalId=[])]
)
def test_an_error_is_a_refusal(payload: dict[str, Any]) -> None:
    assert {one.kind for one in read("zelto", payload).errors} == {FaultKind.REFUSED}


def test_the_one_that_counts_the_others_has_the_kind_of_the_last() -> None:
    many = body(**{f"unknown{number}": 1 for number in range(150)})

    assert {one.kind for one in read("zelto", many).warnings} == {FaultKind.IGNORED}
