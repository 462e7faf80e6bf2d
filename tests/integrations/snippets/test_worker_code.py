"""The code that the LiveKit page hands out, as text."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.snippets import code_files
from integrations.snippets.code_files import PLACEHOLDER, short_worker_code, worker_code

FOLDER = Path(code_files.__file__).parent
Form = Callable[[str], str]
FILES: dict[Form, Path] = {
    worker_code: FOLDER / "zelto_forward.py",
    short_worker_code: FOLDER / "zelto_forward_report.py",
}
FORMS = list(FILES)


def address_in(code: str) -> str:
    """What ZELTO_URL is once Python has read it. 3.10 is the oldest that
    livekit-agents runs on."""
    for node in ast.parse(code, feature_version=(3, 10)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ZELTO_URL":
            return str(ast.literal_eval(node.value))
    raise AssertionError("there is no ZELTO_URL")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "base_url",
    [
        "https://zelto.example.org",
        "http://[::1]:8000/behind/a/path",
        "https://zeltö.example/👋",
        """https://a"b'c\\d{e}%s$f`g#h""",
        "https://a\nimport os\x00\u2028b",
        'https://a"\nZELTO_URL = "http://127.0.0.1:8000/webhooks/calls',
    ],
)
def test_any_address_stays_one_string(form: Form, base_url: str) -> None:
    code = form(base_url)
    assert address_in(code) == f"{base_url}/webhooks/calls"
    compile(code, "worker.py", "exec")


@pytest.mark.parametrize("form", FORMS)
def test_a_slash_at_the_end_is_not_doubled(form: Form) -> None:
    address = address_in(form("https://zelto.example.org/"))
    assert address == "https://zelto.example.org/webhooks/calls"


@pytest.mark.parametrize("form", FORMS)
def test_only_the_address_differs_from_the_file_that_is_checked(form: Form) -> None:
    address = '"https://zelto.example.org/webhooks/calls"'
    code = form("https://zelto.example.org")
    assert code.replace(address, PLACEHOLDER) == FILES[form].read_text("utf-8")


@pytest.mark.parametrize(
    ("form", "at_most"), [(worker_code, 59), (short_worker_code, 25)]
)
def test_it_is_short(form: Form, at_most: int) -> None:
    lines = form("https://zelto.example.org").splitlines()
    assert len(lines) <= at_most
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("form", FORMS)
def test_it_says_what_to_change_and_where_to_hook_it_in(form: Form) -> None:
    code = form("https://zelto.example.org")
    assert 'AGENT_ID = "my-agent"  # CHANGE THIS' in code
    assert "@server.rtc_session(on_session_end=forward_to_zelto)" in code
    assert "ZELTO_API_KEY" in code
