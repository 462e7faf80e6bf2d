"""What was judged of a session, from metadata that anybody may write."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.verdicts import Evaluation, verdict_in


def test_it_reads_what_the_sdk_reports() -> None:
    verdict = verdict_in(
        {
            "outcome": {"outcome": "fail", "reason": "The caller gave up."},
            "evaluations": [
                {
                    "name": "tone",
                    "verdict": "pass",
                    "reasoning": "Friendly.",
                    "tag": "x",
                }
            ],
            "tags": ["lk.fail", "vip"],
        }
    )
    assert (verdict.result, verdict.reason) == ("fail", "The caller gave up.")
    assert verdict.evaluations == [Evaluation("tone", "pass", "Friendly.")]
    assert verdict.tags == ["vip"]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"outcome": "success", "evaluations": "pass", "tags": "vip"},
        {"outcome": {"outcome": 7}, "evaluations": [1, None], "tags": [None, {}]},
        {"outcome": {"outcome": ["success"]}, "tags": {"a": 1}},
    ],
)
def test_what_has_another_shape_is_left_out(metadata: dict[str, Any]) -> None:
    assert not verdict_in(metadata)
