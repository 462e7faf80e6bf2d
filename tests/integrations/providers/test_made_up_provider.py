"""A provider that is added as CONTRIBUTING says is known everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.migrations.databases import another_database
from tests.zelto.stack import CHECKOUT

HERE = Path(__file__).parent / "made_up_provider"
CODE = [
    *("accounts", "alerts", "api", "conversations", "docs", "home", "integrations"),
    *("static", "templates", "web", "zelto"),
]
RUN = "import django, runpy, sys; django.setup(); runpy.run_path(sys.argv[1], None, '__main__')"
Answers = dict[str, tuple[int, str]]

MEMBER = """\
    ACMEPHONE = (
        "acmephone",
        Facts(
            SettingsPage(
                name="acmephone",
                title="Acme Phone",
                text="Acme's exchange posts each call.",
                icon="webhook",
            )
        ),
        "Acme Phone",
    )
"""


def add_provider(checkout: Path) -> None:
    """The steps of the checklist."""
    adapters = checkout / "integrations/providers"
    shutil.copy(HERE / "acmephone.py", adapters)
    insert(
        adapters / "__init__.py",
        before="from integrations.providers.adapted import ",
        text="from integrations.providers import acmephone\n",
    )
    insert(
        adapters / "__init__.py",
        before='    "livekit": ',
        text='    "acmephone": acmephone.adapt,\n',
    )
    insert(checkout / "conversations/providers.py", before="    UPLOAD = ", text=MEMBER)


def insert(file: Path, *, before: str, text: str) -> None:
    code = file.read_text("utf-8")
    assert code.count(f"\n{before}") == 1
    file.write_text(code.replace(f"\n{before}", f"\n{text}{before}"), "utf-8")


def address() -> str:
    """That of the database which Django is connected to."""
    parts = connection.settings_dict
    query = {
        name.lower(): parts[name]
        for name in ("HOST", "PORT", "USER", "PASSWORD")
        if parts[name]
    }
    return f"postgresql:///{parts['NAME']}?{urlencode(query)}"


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Answers]:
    checkout = tmp_path_factory.mktemp("checkout")
    for folder in CODE:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(CHECKOUT / folder, checkout / folder, ignore=ignored)
    add_provider(checkout)
    with django_db_blocker.unblock(), another_database():
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-W", "ignore", "-c", RUN, str(HERE / "walk.py")],
            cwd=checkout,
            env=os.environ
            | {
                "DATABASE_URL": address(),
                "DJANGO_SETTINGS_MODULE": "zelto.settings",
                "PYTHONPATH": str(checkout),
                "ZELTO_DATA_DIR": str(checkout / "var"),
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    yield {name: tuple(answer) for name, answer in json.loads(ran.stdout).items()}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("post", '"received": true'),
        ("/v1/agents", '"provider":"acmephone"'),
        ("/v1/agents/ID", '"provider":"acmephone"'),
        ("/v1/conversations", '"source":"acmephone"'),
        ("/v1/conversations?provider=acmephone", '"source":"acmephone"'),
        ("/v1/conversations/ID", '"source":"acmephone"'),
        ("/v1/deliveries", '"provider":"acmephone"'),
        ("/v1/deliveries?provider=acmephone", '"provider":"acmephone"'),
        ("list_agents", '"provider":"acmephone"'),
        ("list_conversations", '"source":"acmephone"'),
        ("/agents", "Acme Phone"),
        ("/agents/ID", "Acme Phone"),
        ("/conversations", '<option value="acmephone">Acme Phone</option>'),
        ("/conversations?provider=acmephone", "front-desk"),
        ("/conversations/ID", "Acme Phone"),
        ("/deliveries?provider=acmephone", "Acme Phone"),
        ("/settings/integrations", "Acme&#x27;s exchange posts each call."),
        ("before", "X-Zelto-Provider: acmephone"),
        ("before", "Waiting for the first call"),
        ("/settings/integrations/acmephone", "2. Your code posts"),
        ("/settings/integrations/acmephone/status", "Seen"),
        ("test", "The test session is stored."),
        ("after the test", "Acme Phone"),
        ("key", "zelto_"),
    ],
)
def test_it_is_known_at(answers: Answers, name: str, shown: str) -> None:
    status, text = answers[name]

    assert status == 200, text[-500:]
    assert shown in text


def test_the_description_of_rest_names_it_wherever_it_names_another(
    answers: Answers,
) -> None:
    status, text = answers["/v1/openapi.json"]
    assert status == 200

    lists = list(enumerations(json.loads(text)))

    assert len(lists) >= 5
    assert all("acmephone" in each for each in lists)


def enumerations(part: Any) -> Iterator[list[str]]:
    """Each list of words of which LiveKit is one."""
    if isinstance(part, list):
        if "livekit" in part and len(part) > 1:
            yield part
        for each in part:
            yield from enumerations(each)
    elif isinstance(part, dict):
        for each in part.values():
            yield from enumerations(each)


def test_its_connection_is_told_to_agents(answers: Answers) -> None:
    status, text = answers["get_connection_status"]
    assert status == 200
    told = json.loads(text)["result"]["structuredContent"]["providers"]

    (own,) = [each for each in told if each["provider"] == "acmephone"]

    assert own["state"] == "active"
    assert own["url"].endswith("/settings/integrations/acmephone")
