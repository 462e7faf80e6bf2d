"""Whether Zelto hears what is sent: else that nothing came says nothing.

It hears while a worker makes conversations of what arrives and while, as far as is known,
the web processes take it. After either was away senders have time to send what they kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.judging.progress import note
from alerts.models import Progress
from conversations.arrivals.absences import absences_since
from integrations.operations import heartbeat

# The longest that a worker's package waits between two tries is five minutes.
SETTLE = timedelta(minutes=10)
UNSEEN = timedelta(minutes=2)
# The names of rows in `Progress`: when a web process was last seen, and when one came back.
WEB_PULSE = "web"
WEB_BACK = "web is back"


def is_listening(now: datetime) -> bool:
    """Return whether Zelto has heard all that was sent, and for long enough."""
    if absences_since(now - SETTLE):
        return False
    worker_at = heartbeat.seen_at()
    if worker_at is not None and now - worker_at > UNSEEN:
        return False
    pulses = dict(
        Progress.objects.filter(name__in=[WEB_PULSE, WEB_BACK]).values_list(
            "name", "at"
        )
    )
    web_at, back_at = pulses.get(WEB_PULSE), pulses.get(WEB_BACK)
    if web_at is not None and now - web_at > UNSEEN:
        return False
    return back_at is None or now - back_at > SETTLE


def note_web(now: datetime) -> None:
    """Note that a web process is there; and where none was for long, since when."""
    pulse = Progress.objects.filter(name=WEB_PULSE).values_list("at", flat=True).first()
    if pulse is not None and now - pulse > UNSEEN:
        note(WEB_BACK, now)
    note(WEB_PULSE, now)
