"""What was judged of a session, as LiveKit's SDK reports it: outcome, judges, tags. Pure.

It lies in the metadata of a conversation, where any sender may write anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What a session comes to, and how pages call it.
OUTCOMES = [("success", "Success"), ("fail", "Fail")]
MAX_SHOWN = 50


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
    tags = metadata.get("tags")
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
        tags=[
            tag
            for tag in (tags if isinstance(tags, list) else [])[:MAX_SHOWN]
            if isinstance(tag, str) and tag and not tag.startswith("lk.")
        ],
    )


def _result(value: Any) -> str:
    return value if isinstance(value, str) and value in dict(OUTCOMES) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
