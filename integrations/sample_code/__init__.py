"""Code that posts a call, as the page of the call upload hands it out. Each file beside
this one is real, so that it is formatted, checked and run like all other code."""

from __future__ import annotations

import json
from pathlib import Path

PLACEHOLDER = '"http://127.0.0.1:8000/webhooks/calls"'


def python_code(base_url: str) -> str:
    return _with_address("send_call.py", base_url)


def node_code(base_url: str) -> str:
    return _with_address("send_call.mjs", base_url)


def _with_address(file_name: str, base_url: str) -> str:
    code = Path(__file__).with_name(file_name).read_text(encoding="utf-8")
    if code.count(PLACEHOLDER) != 1:
        raise ValueError(f"{file_name} must have {PLACEHOLDER} exactly once")
    # A JSON string is one of Python and of JavaScript, whatever is in the address.
    address = f"{base_url.rstrip('/')}/webhooks/calls"
    return code.replace(PLACEHOLDER, json.dumps(address, ensure_ascii=False))
