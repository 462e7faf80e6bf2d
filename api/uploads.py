"""`POST /v1/conversations`: from a multipart body to a conversation with its audio."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from accounts.key_check import check_key
from api.caller import Caller, unauthorized
from conversations.recordings.incoming import incoming_file
from integrations.agent_workers.headers import note_in
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.ingest import unknown_keys
from integrations.ingest.webhook import user_agent_of
from integrations.problems import UNKNOWN_AGENT, Refusal, validation_refusal
from integrations.providers import Fault, FaultKind, Reading
from integrations.request_body import BodyFault
from integrations.uploads.multipart import Parts, Wanted, read_parts
from integrations.uploads.take import (
    PROVIDER,
    Uploaded,
    not_stored,
    take_upload,
    upload_slot,
)
from web.request_id import request_id_of


class Upload:
    """One upload while it is received; `arrival` is what is known of it so far."""

    def __init__(self, request: HttpRequest, organization_id: UUID, key_id: UUID):
        self.request = request
        self.arrival = arrival_of(request, organization_id, key_id, PROVIDER)

    def take(self, caller: Caller) -> Uploaded:
        """Store the recording and its call, and return what was made of them.

        Raises:
            Refusal: the key, the body, the audio or the call is at fault, or nothing
                can be stored just now.
        """
        caller.require_posting()
        with upload_slot(self.arrival.organization_id):
            try:
                return self._take()
            except BodyFault as fault:
                raise Refusal(fault.status, fault.detail) from fault

    def _take(self) -> Uploaded:
        with ExitStack() as leaving:
            try:
                path = leaving.enter_context(incoming_file())
                with path.open("wb") as file:
                    parts = read_parts(self.request, file, _wanted())
            except OSError as error:
                raise not_stored(error) from error
            if (call := parts.kept.get("call")) is not None:
                self.arrival.body = call
                self.arrival.size = len(call)
            if faults := faults_of(parts):
                raise validation_refusal(faults)
            return take_upload(
                self.arrival,
                path,
                append=self._append,
                further=[
                    Fault(
                        name, "is not a known part and was ignored", FaultKind.IGNORED
                    )
                    for name in parts.others
                ],
            )

    def _append(self, arrival: Arrival, reading: Reading) -> int:
        assert reading.update is not None  # noqa: S101 - it was read
        sequence = delivery_log.store(arrival, agent_id=reading.update.agent.id)
        if sequence is not None:
            return sequence
        # The key is no longer good, or the agent went this moment.
        check = check_key(self.request.headers.get("Authorization"))
        if check.refused:
            raise unauthorized(check)
        raise validation_refusal([UNKNOWN_AGENT])


def _wanted() -> Wanted:
    return Wanted("file", settings.MAX_AUDIO_BYTES, {"call": settings.MAX_BODY_BYTES})


def faults_of(parts: Parts) -> list[Fault]:
    """Return the faults of the parts themselves: those that are missing, repeated or
    empty.
    """
    faults = []
    for name in ("file", "call"):
        count = parts.counts[name]
        if not count:
            faults.append(Fault(name, "is required: send it as a part of the body"))
        elif count > 1:
            faults.append(Fault(name, f"must be there once, not {count} times"))
    if parts.counts["file"] == 1 and not parts.file_bytes:
        faults.append(Fault("file", "is empty"))
    return faults


def arrival_of(
    request: HttpRequest, organization_id: UUID, key_id: UUID, provider: str
) -> Arrival:
    """Return what is known of an upload for the log, before anything of it is read."""
    return Arrival(
        organization_id=organization_id,
        key_id=key_id,
        request_id=request_id_of(request),
        user_agent=user_agent_of(request),
        provider=provider,
        worker=note_in(request),
    )


def log_refusal(
    request: HttpRequest,
    refusal: Refusal,
    arrival: Arrival | None,
    *,
    provider: str = PROVIDER,
) -> None:
    """Write a refusal to the organization's log, where the key belongs to one, as the
    webhook does.

    arrival: None where the key was refused; then it is of that provider.
    """
    if refusal.status == 503:
        return
    if arrival is None:
        check = check_key(request.headers.get("Authorization"))
        if check.organization_id is None or check.key_id is None:
            unknown_keys.count_unknown_key()
            return
        arrival = arrival_of(request, check.organization_id, check.key_id, provider)
    delivery_log.refuse(
        arrival,
        status=refusal.status,
        reason=refusal.detail,
        errors=refusal.errors,
    )
