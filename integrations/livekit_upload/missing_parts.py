"""What of a session that LiveKit's SDK uploaded never came, from the delivery log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Q
from django.utils import timezone

from conversations.detail.missing_parts import MissingPart
from conversations.models import Conversation
from integrations.delivery_log.positions import sequence_after, sequence_before
from integrations.livekit_upload import redaction
from integrations.livekit_upload.posts import PROVIDER
from integrations.models import Delivery
from integrations.providers.livekit import upload

# The newest deliveries of a call; a session has a handful.
MAX_READ = 200
# A session and its last log records come within a second of each other.
SETTLED = timedelta(minutes=1)
# How far from the call's own posts a refusal may be that says not whose it was.
NEAR = timedelta(minutes=2)
FROM_ITS_LOG = "What is shown is from its log."
Source, Outcome = Delivery.Source, Delivery.Outcome
UPLOADS = {Source.LIVEKIT_SESSION, Source.LIVEKIT_LOGS}


@dataclass(frozen=True, slots=True)
class Uploads:
    """What the log has of one call.

    taken: the sources of what was taken. refused, failed: the newest first.
    """

    rows: Sequence[Delivery]
    taken: frozenset[str]
    refused: Sequence[Delivery]
    failed: Sequence[Delivery]

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Read them, without bodies."""
        found = Delivery.objects.of_call(conversation).newest_first().without_bodies()
        rows = list(found[:MAX_READ])
        ours = [row for row in rows if row.source in UPLOADS]
        return cls(
            rows=ours,
            taken=frozenset(
                row.source for row in rows if row.outcome != Outcome.REJECTED
            ),
            refused=[row for row in ours if row.outcome == Outcome.REJECTED],
            failed=[row for row in ours if row.outcome == Outcome.FAILED],
        )

    @property
    def is_settled(self) -> bool:
        """Tell whether no more is to be expected."""
        newest = max((row.newest_at for row in self.rows), default=None)
        return newest is None or timezone.now() - newest > SETTLED

    def refusal(self, source: str) -> Delivery | None:
        """Return the newest refusal of a part of this call."""
        return next((row for row in self.refused if row.source == source), None)


def missing_parts(
    conversation: Conversation, has_recording: bool
) -> Sequence[MissingPart]:
    """Return what of an uploaded session is missing; nothing of other conversations."""
    if conversation.provider != PROVIDER:
        return []
    uploads = Uploads.of(conversation)
    if not uploads.taken & UPLOADS:
        return []
    found = [_unreadable(row) for row in uploads.failed]
    # What a worker forwards by code has all of it but the audio.
    if Source.POST not in uploads.taken:
        if Source.LIVEKIT_SESSION not in uploads.taken:
            return [*found, _no_session(conversation, uploads)]
        found += _no_log(conversation, uploads)
    return [*found, *_left_out(conversation, has_recording=has_recording)]


def _unreadable(delivery: Delivery) -> MissingPart:
    return MissingPart(
        "A part is missing",
        "it was stored and could not be read",
        at=delivery.received_at,
        reason=delivery.reason,
        delivery=delivery.uuid,
    )


def _no_session(conversation: Conversation, uploads: Uploads) -> MissingPart:
    refusal = uploads.refusal(Source.LIVEKIT_SESSION) or _refused_near(
        conversation, uploads
    )
    worker_says = conversation.metadata.get(upload.UPLOAD_ERROR)
    worker_says = worker_says if isinstance(worker_says, str) else ""
    if refusal is not None:
        is_sure = bool(
            refusal.external_id == conversation.external_id
            or worker_says.startswith(str(refusal.status))
        )
        return MissingPart(
            "No audio",
            "the upload of the session was refused"
            if is_sure
            else "an upload with the same key, probably of this session, was refused",
            at=refusal.newest_at,
            reason=refusal.reason,
            then=FROM_ITS_LOG,
            delivery=refusal.uuid,
        )
    if worker_says:
        return MissingPart(
            "No audio",
            "the worker could not upload the session itself",
            reason=f"its log says {worker_says}.",
            then=FROM_ITS_LOG,
        )
    if not uploads.is_settled:
        return MissingPart(
            "Only its log is here yet",
            "the session itself mostly comes within seconds",
            is_fault=False,
        )
    return MissingPart(
        "Logs only", "the upload of the session itself never came", then=FROM_ITS_LOG
    )


def _refused_near(conversation: Conversation, uploads: Uploads) -> Delivery | None:
    """Return a refusal of about that time, with a key of this call, of a session whose
    job was not read: one that is too large is refused by its length alone.
    """
    since, until = _time_of(uploads)
    organization_id = conversation.organization_id
    # One that stands for several in a minute names the first of them alone.
    whose = Q(external_id="") | Q(count__gt=1)
    refused = Delivery.objects.filter(
        whose,
        organization_id=organization_id,
        outcome=Outcome.REJECTED,
        source=Source.LIVEKIT_SESSION,
        key__in={row.key_id for row in uploads.rows if row.key_id},
        sequence__gt=sequence_before(organization_id, since),
        sequence__lt=sequence_after(organization_id, until),
    )
    rows = refused.newest_first().without_bodies()[:MAX_READ]
    return next((row for row in rows if since <= row.newest_at <= until), None)


def _time_of(uploads: Uploads) -> tuple[datetime, datetime]:
    newest = max(row.newest_at for row in uploads.rows)
    return newest - NEAR, newest + NEAR


def _no_log(conversation: Conversation, uploads: Uploads) -> Iterator[MissingPart]:
    is_reported = bool(conversation.metadata.get("sdkVersion"))
    if Source.LIVEKIT_LOGS in uploads.taken:
        if not is_reported:
            yield MissingPart("No session report", "its log came without one")
        return
    if not uploads.is_settled:
        return
    refusal = uploads.refusal(Source.LIVEKIT_LOGS)
    why = "was refused" if refusal else "never came"
    yield MissingPart(
        "No log" if is_reported else "No session report",
        f"the log of its job {why}",
        at=refusal.newest_at if refusal else None,
        reason=refusal.reason if refusal else "",
        then="An outcome and judges would be in it."
        if is_reported
        else "Room name, usage, version, outcome and tags would be in it.",
        delivery=refusal.uuid if refusal else None,
        is_fault=refusal is not None,
    )


def _left_out(
    conversation: Conversation, *, has_recording: bool
) -> Iterator[MissingPart]:
    metadata = conversation.metadata
    if metadata.get(upload.REDACTION_ENABLED) is True:
        yield _redacted(metadata)
        return
    if not conversation.turn_count:
        yield MissingPart(
            "No transcript",
            "none came with the session: its code may have switched it off",
            is_fault=False,
        )
    if not has_recording:
        yield MissingPart(
            "No audio",
            "none came with the session: it had only text, or its code switched the "
            "recording of audio off",
            is_fault=False,
        )


def _redacted(metadata: dict[str, Any]) -> MissingPart:
    kept = metadata.get(upload.REDACTION_KEPT)
    kept = kept if kept in redaction.KEPT else redaction.NOTHING
    return MissingPart(
        "Redacted",
        f"redaction was asked for this session, so Zelto kept {redaction.KEPT[kept]}",
        then=f"ZELTO_LIVEKIT_REDACTED was {kept}.",
        is_fault=False,
    )
