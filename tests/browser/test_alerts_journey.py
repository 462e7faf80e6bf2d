"""A key that is revoked under a real worker, as its people live it: the alert that says so
by mail and webhook, the page that has it, another key, and that it is over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.mail.mail_server import Mailbox, mail_server
from tests.alerts.receiver import Receiver
from tests.browser.test_first_session import mint_key, sign_up
from tests.integrations.livekit_worker.worker import run_worker
from tests.zelto.free_port import free_port
from tests.zelto.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LIVEKIT = "/org/acme/settings/integrations/livekit"
# A round looks each minute, and a machine does other things too.
A_ROUND = 150.0  # seconds


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    with mail_server(mailbox, port):
        yield mailbox, port


@pytest.fixture
def stack(mailbox: tuple[Mailbox, int]) -> Iterator[Stack]:
    """Run `make run` beside a mail server; programs on loopback may be told of alerts."""
    environment = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mailbox[1]),
        "EMAIL_USE_TLS": "false",
        "ZELTO_ALERT_ALLOW": "127.0.0.1/32",
    }
    with Stack(fresh=True, environment=environment) as stack:
        yield stack


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def subjects(mailbox: Mailbox) -> list[str]:
    mails = [message_from_string(text, policy=policy.default) for text in mailbox.texts]
    return [str(mail["subject"]) for mail in mails]


def bodies(mailbox: Mailbox) -> str:
    mails = [message_from_string(text, policy=policy.default) for text in mailbox.texts]
    return "\n".join(mail.get_content() for mail in mails)


def events(receiver: Receiver) -> list[str]:
    return [post.json["type"] for post in receiver.posts]


def test_a_revoked_key_is_told_with_its_cause_and_so_is_its_end(
    stack: Stack,
    mailbox: tuple[Mailbox, int],
    receiver: Receiver,
    page: Page,
    tmp_path: Path,
) -> None:
    mails, _ = mailbox
    sign_up(page, stack)
    key = mint_key(page)
    code = tmp_path / "zelto_forward.py"
    code.write_text(page.locator("#worker-code").inner_text(), "utf-8")

    page.goto(f"{stack.url}/org/acme/alerts/channels/new?kind=webhook")
    page.get_by_label("Name").fill("Our program")
    page.get_by_label("Address").fill(f"{receiver.url}/zelto")
    page.get_by_role("button", name="Add channel").click()
    expect(page.locator("#made-secret")).to_contain_text("whsec_")

    run_worker(code, "order:room-1", key=key, agent_name="front-desk")
    page.goto(f"{stack.url}/org/acme/")
    expect(page.locator("#home-answer")).to_contain_text("The agent forwards.")

    page.goto(f"{stack.url}{LIVEKIT}")
    page.get_by_role("button", name="Revoke livekit-prod-worker").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    rooms = [f"order:refused-{number}" for number in range(4)]
    run_worker(code, *rooms, key=key, agent_name="front-desk")

    wait_for(lambda: "issue.opened" in events(receiver), A_ROUND, what="it is posted")
    wait_for(lambda: bool(mails.texts), 30, what="it is mailed")
    assert "refused" in subjects(mails)[0]
    cause = re.compile(r"livekit-prod-worker was refused \d times: revoked at")
    assert cause.search(re.sub(r"\s+", " ", bodies(mails)))
    opened = receiver.posts[events(receiver).index("issue.opened")]
    assert cause.search(" ".join(opened.json["data"]["lines"]))
    # What was said is in neither.
    assert "where is my order" not in bodies(mails) + opened.body.decode()

    page.goto(f"{stack.url}/org/acme/alerts")
    row = page.locator("[id^=row-]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("revoked at")
    page.evaluate("window.neverReloaded = true")

    other = page.context.new_page()
    other.goto(f"{stack.url}{LIVEKIT}")
    other.locator("details.z-create summary").click()
    new_key = mint_key(other)
    run_worker(code, "order:room-2", key=new_key, agent_name="front-desk")

    wait_for(lambda: "issue.resolved" in events(receiver), A_ROUND, what="it is over")
    wait_for(lambda: len(mails.texts) == 2, 30, what="that is mailed too")
    assert "taken again" in subjects(mails)[1]
    assert events(receiver) == ["issue.opened", "issue.resolved"]
    expect(page.get_by_text("Nothing is wrong")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.neverReloaded") is True
