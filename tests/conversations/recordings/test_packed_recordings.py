"""A recording that comes labelled, compressed or framed is kept as the audio it is."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings

from conversations.models import Recording
from conversations.recordings import incoming
from conversations.recordings.unpacking import (
    MAX_GZIP_MEMBERS,
    UnpacksTooLarge,
    unpack,
)
from tests.conversations.conftest import Want
from tests.conversations.object_store.framing import framed
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes
from web.private_files import make_owner_only_folder

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sounds_read_once"),
]
State = Recording.State
Pack = Callable[[bytes], bytes]


def bare_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


def in_members(body: bytes) -> bytes:
    return gzip.compress(body[:1000]) + gzip.compress(body[1000:]) + bytes(512)


def twice(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


LABELS = [
    *("aws-chunked", "identity", "utf-8", "UTF-8", "binary", "none", "null", "7bit"),
    *("audio/ogg", "audio/mpeg; charset=binary", "8bit", "base64", "chunked", "", ","),
    *("aws-chunked,identity", "identity, identity", '"aws-chunked"', "x-unknown"),
]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_is_no_compression_is_a_label(
    far_server: FarServer, want: Want, sound: bytes, label: str
):
    url = far_server.says("/a", answer(sound, content_encoding=label))
    recording = after_a_try(want(url))
    assert (recording.state, recording.last_error) == (State.DONE, "")
    assert stored_bytes(recording) == sound


@pytest.mark.parametrize(
    "label", ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, br"]
)
def test_what_decodes_is_audio_whatever_compression_is_named(
    far_server: FarServer, want: Want, sound: bytes, label: str
):
    url = far_server.says("/a", answer(sound, content_encoding=label))
    assert stored_bytes(after_a_try(want(url))) == sound


@pytest.mark.parametrize(
    ("label", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        (None, gzip.compress),  # a .gz that was uploaded as it was
        ("utf-8", gzip.compress),
        ("gzip", in_members),
        ("gzip, gzip", twice),
        ("gzip", twice),  # a .gz that its server compressed once more
        (None, twice),
        ("deflate", zlib.compress),
        ("deflate", bare_deflate),
        ("gzip,aws-chunked", gzip.compress),
        ("aws-chunked", framed),
        (None, framed),
        ("aws-chunked,gzip", lambda body: framed(gzip.compress(body))),
        ("gzip", lambda body: gzip.compress(framed(body, signed=True))),
    ],
)
def test_what_is_packed_is_unpacked(
    far_server: FarServer, want: Want, sound: bytes, label: str | None, pack: Pack
):
    packed = pack(sound)
    url = far_server.says("/a", answer(packed, content_encoding=label))
    recording = after_a_try(want(url))
    assert (recording.state, recording.last_error) == (State.DONE, "")
    assert stored_bytes(recording) == sound
    assert (recording.size, recording.codec) == (len(sound), "opus")


@pytest.mark.parametrize("label", ["gzip", None])
def test_what_unpacks_to_too_much_is_refused(
    far_server: FarServer, want: Want, label: str | None
):
    bomb = gzip.compress(bytes(20_000_000))
    url = far_server.says("/a", answer(bomb, content_encoding=label))
    with override_settings(MAX_AUDIO_BYTES=1_000_000):
        recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert recording.last_error == (
        "It is larger than 0.953674 MB once unpacked (ZELTO_MAX_AUDIO_BYTES)."
    )
    after_a_try(recording)
    assert far_server.connections == 1


@pytest.mark.parametrize("label", ["br", "zstd", "gzip, br", "compress"])
def test_a_compression_that_is_not_unpacked_is_named(
    far_server: FarServer, want: Want, label: str
):
    url = far_server.says("/a", answer(b"\x8b\x02\x80abc\x03", content_encoding=label))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert "compressed (Content-Encoding: " in recording.last_error


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: packed[:-9],
        lambda packed: packed[:-8] + bytes(8),  # another checksum
        lambda packed: packed + b"more",
    ],
)
def test_gzip_that_is_not_whole_stays_as_it_is(
    far_server: FarServer, want: Want, sound: bytes, spoil: Pack
):
    url = far_server.says("/a", answer(spoil(gzip.compress(sound))))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert "a compressed (gzip) file, not audio" in recording.last_error


def test_it_is_unpacked_a_few_layers_deep_and_no_deeper(
    far_server: FarServer, want: Want, sound: bytes
):
    packed = sound
    for _ in range(4):
        packed = gzip.compress(packed)
    recording = after_a_try(want(far_server.says("/a", answer(packed))))
    assert recording.state == State.FAILED
    assert "gzip" in recording.last_error


@pytest.fixture
def path(far_server: FarServer) -> Path:
    """A file on its way in."""
    make_owner_only_folder(incoming.folder())
    return incoming.folder() / "a"


def test_it_takes_little_memory(path: Path):
    path.write_bytes(gzip.compress(bytes(100_000_000), compresslevel=1))
    tracemalloc.start()
    unpack(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size == 100_000_000
    assert peak < 2_000_000


def test_a_bomb_of_many_members_ends(path: Path):
    packed = gzip.compress(b"") * (MAX_GZIP_MEMBERS + 1)
    path.write_bytes(packed)
    unpack(path)
    assert path.read_bytes() == packed
    path.write_bytes(gzip.compress(b"a") * 5_000)
    unpack(path)
    assert path.read_bytes() == b"a" * 5_000


def test_it_can_be_ended_on_the_way(path: Path):
    packed = gzip.compress(bytes(10_000_000))
    path.write_bytes(packed)

    def end() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        unpack(path, tick=end)
    assert path.read_bytes() == packed
    assert list(incoming.folder().iterdir()) == [path]


def test_a_file_that_is_too_large_stays(path: Path):
    packed = gzip.compress(bytes(1001))
    path.write_bytes(packed)
    with override_settings(MAX_AUDIO_BYTES=1000), pytest.raises(UnpacksTooLarge):
        unpack(path)
    assert path.read_bytes() == packed
    with override_settings(MAX_AUDIO_BYTES=1001):
        unpack(path)
    assert path.read_bytes() == bytes(1001)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare_deflate])
def test_the_bounds_of_pieces_lose_nothing(path: Path, size: int, pack: Pack):
    for body in (bytes(size), bytes(range(256)) * (size // 256) + b"end"):
        path.write_bytes(pack(body))
        unpack(path, codings=["deflate"])
        assert path.read_bytes() == body
