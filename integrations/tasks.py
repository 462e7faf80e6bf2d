"""The Celery tasks of this app. The rules are in `processing.worker` and in
`delivery_log.retention`."""

from __future__ import annotations

from celery import shared_task

from accounts.mail import files as mail_files
from accounts.mail import queue as mail_queue
from conversations import worker_stop
from conversations.worker_wakeup import Throttle
from integrations.delivery_log import retention
from integrations.expected_sessions.join import settle_due
from integrations.livekit_events import event_worker
from integrations.livekit_projects.removal import delete_removed
from integrations.processing import worker as processing_worker


@shared_task
def process_deliveries() -> None:
    """Process what waits in the log, and wake another run where there is more; look again
    at the expected sessions whose time has come.
    """
    settle_due()
    if processing_worker.process_until_quiet():
        _process_more.wake()


@shared_task
def process_livekit_events() -> None:
    """Read what waits of LiveKit's events, and wake another run where there is more."""
    if event_worker.process_until_quiet():
        _process_more_events.wake()


@shared_task
def forget() -> None:
    """Apply retention to the log, and wake another run where there is more; forget
    mails that are files or wait, with the links in them.
    """
    mail_files.forget_old_mails()
    mail_queue.forget_expired()
    if delete_removed() | retention.forget().there_is_more:
        _forget_more.wake()


@shared_task
def send_waiting_mails() -> None:
    """Try again the mails that no mail server has taken, as each is due."""
    mail_queue.send_due(worker_stop.requested.is_set)


# Behind whatever waits in the queue by now.
_process_more = Throttle(lambda **options: process_deliveries.apply_async(**options))
_process_more_events = Throttle(
    lambda **options: process_livekit_events.apply_async(**options)
)
_forget_more = Throttle(lambda **options: forget.apply_async(**options))
