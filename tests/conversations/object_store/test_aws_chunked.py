"""The framing of uploads to S3 is undone where it is exact, and nowhere else."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from conversations.object_store.aws_chunked import NotFramed, looks_framed, unframe
from tests.conversations.object_store.framing import framed

BODY = bytes(range(256)) * 1000


def unframed(body: bytes) -> bytes:
    return b"".join(unframe(io.BytesIO(body)))


@pytest.mark.parametrize("size", [8192, 65_536, 1_000_000])
@pytest.mark.parametrize("signed", [False, True])
def test_what_is_in_the_frames_comes_out(size: int, signed: bool):
    body = framed(BODY, size=size, signed=signed)
    assert looks_framed(body[:100])
    assert unframed(body) == BODY


def test_parts_that_were_framed_one_by_one_come_out_as_one():
    assert unframed(framed(BODY) + framed(BODY[:10])) == BODY + BODY[:10]


@pytest.mark.parametrize("end", [b"0\r\n", b"0\r\n\r\n", b"0\r\nx-a:b\r\nx-c:d\r\n"])
def test_ends_of_several_clients_are_ends(end: bytes):
    assert unframed(b"3\r\nabc\r\n" + end) == b"abc"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OggS",
        b"3\r\nabc\r\n",  # no last frame
        b"3\r\nabcd\r\n0\r\n\r\n",  # longer than it says
        b"4\r\nabc\r\n0\r\n\r\n",  # shorter
        b"3\r\nabc\r\n0\r\n\r\nOggS",  # more behind it
        b"3\r\nabc\r\n0\r\nno trailer\r\n\r\n",
        b"ffffffffffffffff\r\nabc",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n",
    ],
)
def test_what_is_not_framed_to_its_last_byte_is_not_framed(body: bytes):
    with pytest.raises(NotFramed):
        unframed(body)


def test_a_frame_may_be_larger_than_the_memory_it_takes():
    body = io.BytesIO(framed(bytes(50_000_000), size=50_000_000))
    tracemalloc.start()
    size = sum(len(piece) for piece in unframe(body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 50_000_000
    assert peak < 1_000_000
