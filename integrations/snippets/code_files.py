"""The code files that pages hand out: for workers, and for programs that post a call.

Each file beside this one is real, so that it is formatted, checked and run like all
other code. What is handed out has the address of this instance in it.
"""

from __future__ import annotations

import json
from pathlib import Path

# It is in each file exactly once, with quotes as both languages have them.
PLACEHOLDER = '"http://127.0.0.1:8000/webhooks/calls"'


def worker_code(base_url: str) -> str:
    """Return `zelto_forward.py`: it maps the session to Zelto's canonical body and
    tries again for a while."""
    return _with_address("zelto_forward.py", base_url)


def short_worker_code(base_url: str) -> str:
    """Return the short `zelto_forward.py`: it sends LiveKit's own report, once."""
    return _with_address("zelto_forward_report.py", base_url)


def node_worker_code(base_url: str) -> str:
    """Return `zelto_forward.mjs`, the same for workers in Node.js: what Zelto does not
    have waits in a folder."""
    return _with_address("zelto_forward.mjs", base_url)


def python_code(base_url: str) -> str:
    """Return `send_call.py`, which posts one call."""
    return _with_address("send_call.py", base_url)


def node_code(base_url: str) -> str:
    """Return `send_call.mjs`, which posts one call."""
    return _with_address("send_call.mjs", base_url)


def _with_address(file_name: str, base_url: str) -> str:
    code = Path(__file__).with_name(file_name).read_text(encoding="utf-8")
    if code.count(PLACEHOLDER) != 1:
        raise ValueError(f"{file_name} must have {PLACEHOLDER} exactly once")
    # A JSON string is one of Python and of JavaScript, whatever is in the address; other
    # than ASCII is left as it is, since Python does not read JSON's surrogate pairs.
    address = f"{base_url.rstrip('/')}/webhooks/calls"
    return code.replace(PLACEHOLDER, json.dumps(address, ensure_ascii=False))
