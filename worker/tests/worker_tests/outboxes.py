"""What lies in an outbox, and how it came there."""

from __future__ import annotations

from zelto_livekit.outbox import Kind, Outbox


def put(outbox: Outbox, job_id: str, kind: Kind = Kind.SESSION) -> None:
    """Leave a session in the outbox, as a job does that could not send it."""
    body = b'{"call": {"externalId": "%s"}}' % job_id.encode()
    outbox.write(job_id, kind, body).close()


def names(outbox: Outbox) -> list[str]:
    """Return what lies in the folder, but its lock."""
    found = (path for path in outbox.folder.rglob("*") if path.is_file())
    return sorted(
        str(path.relative_to(outbox.folder)) for path in found if path.suffix != ".lock"
    )
