"""Telling what the week was like, by mail on Mondays."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import OperationalError

from accounts.links import absolute_url
from accounts.models import Organization
from alerts.channels.text import Link
from alerts.messages.queueing import alerts_url, new_message, queue, text_content
from alerts.models import Channel, Message
from alerts.summaries.figures import read_week
from alerts.summaries.week import text_of
from conversations.worker_stop import is_requested

EVENT = "summary.weekly"
logger = logging.getLogger(__name__)

# Of the organization's Monday.
AT = time(8)
# Nobody reads on Wednesday what Monday's mail should have said.
NOT_AFTER = timedelta(days=2)


def tell_of_weeks(now: datetime) -> int:
    """Queue the summaries that are due, one a channel and week; return how many. None
    where nobody was here to send them until Tuesday was over.

    now: aware.
    """
    wanting = Channel.objects.usable().filter(
        kind=Channel.Kind.EMAIL, sends_summary=True
    )
    of_organization: dict[Organization, list[Channel]] = defaultdict(list)
    for channel in wanting.select_related("organization").order_by("pk"):
        of_organization[channel.organization].append(channel)
    queued = 0
    for organization, channels in of_organization.items():
        monday = due_monday(now, organization)
        if monday is None or is_requested():
            continue
        try:
            queued += _tell(organization, channels, monday)
        except OperationalError:
            # The others are told all the same; this one is tried again.
            logger.exception("The week of %s could not be read", organization.slug)
    return queued


def due_monday(now: datetime, organization: Organization) -> date | None:
    """Return the Monday on which a summary is due that may still be sent; None at other
    times.
    """
    zone = organization.zone
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    begin = datetime.combine(monday, AT, zone)
    end = datetime.combine(monday + NOT_AFTER, time.min, zone)
    return monday if begin <= now < end else None


def _tell(organization: Organization, channels: Sequence[Channel], monday: date) -> int:
    about = f"{EVENT}:{monday}"
    told = Message.objects.filter(channel__in=channels, about=about)
    done = set(told.values_list("channel", flat=True))
    left = [one for one in channels if one.pk not in done]
    if not left:
        return 0
    week = read_week(organization, monday - timedelta(days=7))
    if not week:
        return 0  # nothing happened in two weeks
    links = [
        Link("Home", absolute_url(f"/org/{organization.slug}/")),
        Link("Alerts", alerts_url(organization.slug)),
    ]
    content = text_content(text_of(week, links))
    return queue(
        [new_message(one, event=EVENT, about=about, content=content) for one in left]
    )
