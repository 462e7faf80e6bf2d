"""What was judged of a session, as LiveKit's SDK reports it: outcome, judges, tags. Pure.

It lies in the metadata of a conversation, where any sender may write anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

# What a session comes to, and how pages call it.
OUTCOMES = [("success", "Success"), ("fail", "Fail")]
# What judges mostly say; some say other words.
VERDICTS = ["pass", "fail", "maybe"]
MAX_SHOWN = 50
# Of one conversation, by which it can be found.
MAX_FOUND_BY = 500


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one judge said. verdict: mostly `pass`, `fail` or `maybe`."""

    name: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged of one session. result: `success`, `fail` or empty."""

    result: str
    reason: str
    evaluations: list[Evaluation]
    tags: list[str]

    def __bool__(self) -> bool:
        return bool(self.result or self.evaluations or self.tags)


def verdict_in(metadata: Any) -> Verdict:
    """Return what the metadata of a conversation says; what has another shape is left
    out.
    """
    metadata = metadata if isinstance(metadata, dict) else {}
    outcome = metadata.get("outcome")
    outcome = outcome if isinstance(outcome, dict) else {}
    judged = metadata.get("evaluations")
    return Verdict(
        result=_result(outcome.get("outcome")),
        reason=_text(outcome.get("reason")),
        evaluations=[
            Evaluation(
                name=_text(one.get("name")),
                verdict=_text(one.get("verdict")),
                reason=_text(one.get("reasoning")),
            )
            for one in (judged if isinstance(judged, list) else [])[:MAX_SHOWN]
            if isinstance(one, dict)
        ],
        tags=shown_tags_in(metadata)[:MAX_SHOWN],
    )


def tags_in(metadata: Any) -> Iterator[str]:
    """Yield the tags of a conversation, also those that the SDK itself sets."""
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    for tag in islice(tags if isinstance(tags, list) else (), MAX_FOUND_BY):
        if isinstance(tag, str) and tag:
            yield tag


def shown_tags_in(metadata: Any) -> list[str]:
    """Return the tags of the agent's own code; the SDK's repeat the outcome."""
    return [tag for tag in tags_in(metadata) if not tag.startswith("lk.")]


def judged_in(metadata: Any) -> Iterator[tuple[str, str]]:
    """Yield each judge and its verdict; either may be empty."""
    judged = metadata.get("evaluations") if isinstance(metadata, dict) else None
    for one in islice(judged if isinstance(judged, list) else (), MAX_FOUND_BY):
        if isinstance(one, dict):
            yield _text(one.get("name")), _text(one.get("verdict"))


def judged_by(judge: str, verdict: str) -> dict[str, Any]:
    """Return what the metadata of a conversation contains that a judge judged so.

    judge, verdict: either may be empty for any.
    """
    asked = {"name": judge, "verdict": verdict}
    return {"evaluations": [{key: text for key, text in asked.items() if text}]}


def _result(value: Any) -> str:
    return value if isinstance(value, str) and value in dict(OUTCOMES) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
