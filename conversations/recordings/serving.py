"""The audio of a conversation to whoever may play it: whole, or the bytes of a range.

Chromium and Firefox ask for all that is left and then pause. So they get a piece at a
time, and ask again: a piece is handed over at once. Whoever names the last byte gets all
up to it, and so does every other player: Apple's and FFmpeg's take a part that is shorter
than they named for a fault. That and downloads last as long as their reader likes, and
take a slot of the process for it; they keep no thread and no open file meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from functools import cache
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit

from django.core.files.storage import FileSystemStorage, Storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date, parse_etags, quote_etag

from accounts.models import AuditAction
from conversations.file_names import file_name
from conversations.models import Recording
from conversations.recordings.byte_ranges import ByteRange, NotThere, range_in
from conversations.recordings.files import recordings_storage, sha256_of
from web.long_answers import Kind, NoSlotFree, Slot, take_slot
from web.server.head_requests import is_head

PIECE_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024
UNKNOWN_TYPE = "application/octet-stream"


class Unsatisfiable(Exception):
    """The answer is 416, with this `Content-Range`."""

    detail = "The range is not within the recording."

    def __init__(self, size: int) -> None:
        super().__init__(self.detail)
        self.content_range = f"bytes */{size}"


class Busy(Exception):
    """The answer is 503."""

    detail = "Too many recordings are being downloaded just now. Try again soon."
    retry_after = 5


class FileIsGone(Exception):
    """The row is there, and the storage has no such file."""


def serve(
    request: HttpRequest,
    recording: Recording,
    *,
    download: bool = False,
    in_pieces: bool = False,
) -> HttpResponseBase:
    """Answer 200, 206, 304, or 302 to a link of a few minutes where the storage serves
    files itself.

    download: to be kept, not to be played.
    in_pieces: what has no end goes in pieces to a player that goes on by itself.

    Raises:
        Unsatisfiable: the range is not within the file.
        Busy: there is no slot for a download.
        FileIsGone: the row is there, and the storage has no such file.
    """
    if _is_known(request, recording):
        return _with_validators(HttpResponse(status=304), recording)
    storage = recordings_storage()
    # A link is signed for GET alone: what HEAD asks for is known here.
    if not is_head(request) and not isinstance(storage, FileSystemStorage):
        return _redirect(storage, recording, download=download)
    wanted = None
    if not is_head(request) and _range_counts(request, recording):
        wanted = _range(request, recording)
    response = _body(request, storage, recording, wanted, in_pieces=in_pieces)
    return _described(response, recording, download=download)


def counts_as_playback(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether this answer is worth an entry in the audit log."""
    return not is_head(request) and response.status_code in {200, 206, 302}


def opening_of(recording: Recording) -> dict[str, Any]:
    """Return the facts of an entry in the audit log."""
    return {
        "action": AuditAction.RECORDING_OPENED,
        "subject": recording.conversation.external_id,
        "detail": {"id": str(recording.conversation_id)},
    }


def etag_of(recording: Recording) -> str:
    """Return the tag of the content: its SHA-256 begins the name of the file."""
    return quote_etag(sha256_of(recording.file))


@cache
def _origin_of(storage: Storage) -> str:
    parts = urlsplit(storage.url("any"))
    return f"{parts.scheme}://{parts.netloc}"


def foreign_origin() -> str | None:
    """Return where a browser is sent for the audio, if not to ourselves: pages must
    allow it."""
    storage = recordings_storage()
    return None if isinstance(storage, FileSystemStorage) else _origin_of(storage)


def _is_known(request: HttpRequest, recording: Recording) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    tag = etag_of(recording)
    return not {"*", tag, f"W/{tag}"}.isdisjoint(known)


def _range_counts(request: HttpRequest, recording: Recording) -> bool:
    """Return whether `If-Range` holds: a part of another version is of no use, and a
    date never counts."""
    condition = request.headers.get("If-Range")
    return condition is None or condition.strip() == etag_of(recording)


def _range(request: HttpRequest, recording: Recording) -> ByteRange | None:
    size = recording.size or 0
    try:
        return range_in(request.headers.get("Range"), size)
    except NotThere:
        raise Unsatisfiable(size) from None


def _body(
    request: HttpRequest,
    storage: Storage,
    recording: Recording,
    wanted: ByteRange | None,
    *,
    in_pieces: bool,
) -> HttpResponseBase:
    size = recording.size or 0
    if in_pieces and wanted is not None and wanted.is_open and _goes_on(request):
        wanted = wanted.at_most(PIECE_BYTES)
    part = wanted or ByteRange(0, size)
    response: HttpResponseBase
    if is_head(request):
        response = HttpResponse()
    elif part.length <= PIECE_BYTES:
        response = HttpResponse(_read(storage, recording.file, part))
    else:
        response = StreamingHttpResponse(_Download(storage, recording, part))
        response.in_any_thread = True  # type: ignore[attr-defined] # web/server/exchange.py
    if wanted is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    response["Content-Length"] = str(part.length)
    return response


def _goes_on(request: HttpRequest) -> bool:
    """Return whether it is a player that asks again by itself where a piece ends.

    Chromium and Firefox do. Programs that do not say who they are get pieces as well:
    none of them has a claim to one of the few slots.
    """
    agent = request.headers.get("User-Agent", "")
    return not agent or "Chrome/" in agent or "Firefox/" in agent


def _described(
    response: HttpResponseBase, recording: Recording, *, download: bool
) -> HttpResponseBase:
    response["Content-Type"] = content_type_of(recording)
    response["Content-Disposition"] = disposition_of(recording, download=download)
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    return _with_validators(response, recording)


def _with_validators(
    response: HttpResponseBase, recording: Recording
) -> HttpResponseBase:
    response["ETag"] = etag_of(recording)
    if recording.stored_at:
        stored_at = recording.stored_at.astimezone(UTC)
        response["Last-Modified"] = http_date(stored_at.timestamp())
    # Whoever may hear it today may not tomorrow: asked for again, and seldom sent again.
    response["Cache-Control"] = "private, no-cache"
    return response


def content_type_of(recording: Recording) -> str:
    """Return the type of what was decoded; never anything that a browser would run."""
    is_sound = recording.content_type.startswith(("audio/", "video/"))
    return recording.content_type if is_sound else UNKNOWN_TYPE


def disposition_of(recording: Recording, *, download: bool) -> str:
    """Return the `Content-Disposition`, with a name that every system bears."""
    extension = PurePosixPath(recording.file).suffix.removeprefix(".") or "audio"
    conversation = recording.conversation
    name = file_name(conversation.external_id, extension, otherwise=conversation.id)
    return f'{"attachment" if download else "inline"}; filename="{name}"'


def _redirect(
    storage: Storage, recording: Recording, *, download: bool
) -> HttpResponseBase:
    """Answer with a link, which holds for as long as the settings give it, and for the
    method of the request alone.
    """
    url = storage.url(
        recording.file,
        parameters={  # type: ignore[call-arg]
            "ResponseContentType": content_type_of(recording),
            "ResponseContentDisposition": disposition_of(recording, download=download),
            # Nothing that happens here makes a browser forget what is kept of another host.
            "ResponseCacheControl": "private, no-store",
        },
    )
    response = HttpResponse(status=302)
    response["Location"] = url
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class _Download:
    """The bytes of a part, one chunk after the other. However it ends, its slot is free
    again."""

    _slot: Slot | None = None

    def __init__(self, storage: Storage, recording: Recording, part: ByteRange) -> None:
        organization_id = recording.conversation.organization_id
        try:
            self._slot = take_slot(Kind.DOWNLOAD, organization_id)
        except NoSlotFree:
            raise Busy from None
        self._storage = storage
        self._name = recording.file
        self._part = part
        try:
            _open(storage, recording.file).close()
        except FileIsGone:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        try:
            for start in range(self._part.start, self._part.end, CHUNK_BYTES):
                chunk = ByteRange(start, min(start + CHUNK_BYTES, self._part.end))
                yield _read(self._storage, self._name, chunk)
        finally:
            self.close()

    def close(self) -> None:
        if self._slot is not None:
            self._slot.release()

    def __del__(self) -> None:
        self.close()


def _read(storage: Storage, name: str, part: ByteRange) -> bytes:
    with _open(storage, name) as file:
        file.seek(part.start)
        return file.read(part.length)


def _open(storage: Storage, name: str) -> IO[bytes]:
    try:
        return storage.open(name)
    except FileNotFoundError:
        raise FileIsGone(f"The storage has no {name}.") from None
