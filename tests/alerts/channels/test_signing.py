"""Signatures of webhooks, verified as receivers do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts.channels.signing import is_secret, new_secret
from tests.alerts.channels.conftest import SECRET, Send, notice
from tests.alerts.receiver import Receiver, Reply

FORMER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_receiver_verifies_the_signature(receiver: Receiver, send: Send) -> None:
    what = replace(notice(), data={"id": "7", "title": "受付 is silent"})
    assert send("webhook", what).was_taken
    (post,) = receiver.posts
    body = Webhook(SECRET).verify(post.body, post.headers)
    assert body == {
        "type": "issue.opened",
        "timestamp": "2026-11-27T14:10:00Z",
        "data": {"id": "7", "title": "受付 is silent"},
    }
    assert post.headers["webhook-id"] == str(what.message_id)


def test_both_secrets_are_good_while_the_former_is(
    receiver: Receiver, send: Send
) -> None:
    send("webhook", replace(notice(), former_secret=FORMER))
    (post,) = receiver.posts
    assert post.headers["webhook-signature"].count("v1,") == 2
    Webhook(SECRET).verify(post.body, post.headers)
    Webhook(FORMER).verify(post.body, post.headers)


def test_another_secret_or_body_is_no_good(receiver: Receiver, send: Send) -> None:
    send("webhook")
    (post,) = receiver.posts
    with pytest.raises(WebhookVerificationError):
        Webhook(FORMER).verify(post.body, post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(post.body + b" ", post.headers)


def test_every_try_has_the_same_id(receiver: Receiver, send: Send) -> None:
    receiver.answers(Reply(500), Reply(200))
    send("webhook")
    send("webhook")
    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert json.loads(first.body) == json.loads(second.body)


def test_a_new_secret_is_one() -> None:
    assert is_secret(new_secret())
    assert new_secret() != new_secret()
    Webhook(new_secret())
