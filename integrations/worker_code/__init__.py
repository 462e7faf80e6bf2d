"""The worker code that the LiveKit settings page hands out. Each form is one real Python
file beside this one, so that it is formatted, checked and run like all other code."""

from __future__ import annotations

import json
from pathlib import Path

PLACEHOLDER = 'ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"\n'


def worker_code(base_url: str) -> str:
    """Maps the session to Zelto's canonical body and tries again for a while."""
    return _with_address("zelto_forward.py", base_url)


def short_worker_code(base_url: str) -> str:
    """Sends LiveKit's own session report, once."""
    return _with_address("zelto_forward_report.py", base_url)


def _with_address(file_name: str, base_url: str) -> str:
    code = Path(__file__).with_name(file_name).read_text(encoding="utf-8")
    if code.count(PLACEHOLDER) != 1:
        raise ValueError(f"{file_name} must have the line {PLACEHOLDER!r} exactly once")
    # A JSON string is a Python string, whatever is in the address; other than ASCII is
    # left as it is, since Python does not read JSON's surrogate pairs.
    address = json.dumps(base_url.rstrip("/") + "/webhooks/calls", ensure_ascii=False)
    return code.replace(PLACEHOLDER, f"ZELTO_URL = {address}\n")
