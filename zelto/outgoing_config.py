"""Read whose certificates outgoing connections trust beside those that all do."""

from __future__ import annotations

from pathlib import Path

from web.outgoing.authorities import read_own_authorities
from zelto.env import CHECKOUT, env_text


def ca_bundle() -> Path | None:
    """Return the PEM file, or folder of such files, of ZELTO_CA_BUNDLE; None for none.

    Raises:
        ImproperlyConfigured: it has no certificate that can be read.
    """
    text = env_text("ZELTO_CA_BUNDLE")
    if not text:
        return None
    path = CHECKOUT / Path(text).expanduser()
    read_own_authorities(path)
    return path
