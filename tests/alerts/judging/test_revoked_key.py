"""A key that is revoked while sessions are posted with it: what the round tells."""

from __future__ import annotations

import pytest

from accounts import actions
from accounts.models import ApiKey
from alerts.judging.round import run_round
from alerts.models import Issue, Progress
from alerts.texts.issue_text import text_of
from tests.integrations.conftest import key, post, process, session, wakeups  # noqa: F401


@pytest.fixture
def tell():
    """`tell()`: the texts of what a round finds."""

    def look():
        Progress.objects.all().delete()
        return [text_of(one) for one in run_round()]

    return look


def test_the_alert_says_so_and_the_next_session_ends_it(
    organization,
    alice,
    post,  # noqa: F811
    process,  # noqa: F811
    make_key,
    tell,
):
    post(session("call-1"))
    process()
    assert tell() == []
    old = ApiKey.objects.get()
    actions.revoke_key(key=old, by=alice)
    for number in range(2, 6):
        assert post(session(f"call-{number}")).status_code == 401
    (text,) = tell()
    assert "Sessions of front-desk are refused since" in text.title
    assert text.title.endswith("all 4 of them")
    assert (
        "its key livekit-prod-worker was refused 4 times: revoked at" in text.lines[0]
    )
    assert text.lines[0].endswith("by Alice Example.")
    assert tell() == []
    _, new = make_key(organization, name="livekit-new")
    post(session("call-6"), key=new)
    process()
    (text,) = tell()
    assert text.title == "Sessions of front-desk are taken again"
    assert "4 posts were refused." in text.lines
    assert not Issue.objects.open().exists()
    # What was said is nobody's to send on.
    assert "missing order" not in str(list(Issue.objects.values_list("facts")))
