"""The wheel of `worker/`, packed in memory: the same bytes in each process and on each
start, so that its hash holds.

Nothing is built beforehand: the checkout may be read-only, and packing takes
milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from django.conf import settings
from flit_core.wheel import WheelBuilder

from web.private_files import make_owner_only_folder

SOURCE = Path(__file__).resolve().parents[2] / "worker" / "pyproject.toml"
# A checkout's own times differ from machine to machine. Zip files begin in 1980.
FILE_TIME = (2026, 1, 1, 0, 0, 0)
_NAME = re.compile(r"zelto_livekit-[0-9][0-9A-Za-z.+]{0,40}-py3-none-any\.whl")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the package. sha256: of its content, in hexadecimal digits."""

    name: str
    version: str
    content: bytes
    sha256: str

    @property
    def url(self) -> str:
        """Return the address that it is installed from."""
        return f"{settings.BASE_URL}/worker/{self.name}"

    @property
    def install_line(self) -> str:
        """Return the line for a shell that installs it, and nothing else of that name."""
        return f'pip install "{self.url}#sha256={self.sha256}"'


@cache
def current_wheel() -> Wheel:
    """Return the wheel of the package as it is in this release."""
    packed = BytesIO()
    builder = WheelBuilder.from_ini_path(SOURCE, packed)
    builder.source_time_stamp = FILE_TIME
    builder.build()
    content = packed.getvalue()
    wheel = Wheel(
        name=builder.wheel_filename,
        version=builder.metadata.version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _keep(wheel)
    return wheel


def content_of(name: str) -> bytes | None:
    """Return the wheel of that name: the one of this release, or one that an earlier
    release has handed out here. None where there is none.
    """
    current = current_wheel()
    if name == current.name:
        return current.content
    if not _NAME.fullmatch(name):
        return None
    try:
        return (_folder() / name).read_bytes()
    except FileNotFoundError:
        return None


def _keep(wheel: Wheel) -> None:
    """Keep it for after the next upgrade: images of workers are built from its address."""
    path = make_owner_only_folder(_folder()) / wheel.name
    if path.exists() and path.read_bytes() == wheel.content:
        return
    with tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as draft:
        draft.write(wheel.content)
    os.replace(draft.name, path)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "worker-package"
