"""What the SDKs are answered: they read no more than the status, but for one message."""

from __future__ import annotations

from integrations.providers.livekit.wire import written

PROTOBUF = "application/x-protobuf"
UNAVAILABLE = 14  # of google.rpc.Code
RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"
RETRY_SECONDS = 5


def try_again(detail: str, seconds: int = RETRY_SECONDS) -> bytes:
    """Return a `google.rpc.Status` with a `RetryInfo`, the only answer after which the
    SDKs send a session again; they ignore the header `Retry-After`.

    detail: one sentence. seconds: until the next of three more tries.
    """
    delay = written(1, seconds)  # google.protobuf.Duration
    retry_info = written(1, delay)
    wrapped = written(1, RETRY_INFO) + written(2, retry_info)  # google.protobuf.Any
    return written(1, UNAVAILABLE) + written(2, detail.encode()) + written(3, wrapped)
