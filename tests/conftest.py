"""The people and keys of every test: an owner, an admin and a member, and an outsider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, TransactionTestCase, override_settings

from accounts import keys
from accounts.models import ApiKey, Membership, Organization, Role, User
from tests.empty_tables import empty_tables
from tests.processes_of_tests import make_scheduler, sort_for_processes
from tests.zelto import filled_folder

if TYPE_CHECKING:
    from xdist.remote import Producer

PASSWORD = "a long walk by the river"
MakeKey = Callable[..., tuple[ApiKey, str]]


def pytest_configure(config: pytest.Config) -> None:
    filled_folder.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        filled_folder.end()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sort_for_processes(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> object:
    return make_scheduler(config, log)


@pytest.fixture(scope="session", autouse=True)
def quick_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use cheap password hashes, static files without a `collectstatic` before, and a
    folder of recordings that is deleted.
    """
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "recordings": {
                "BACKEND": "conversations.recordings.folder.RecordingsFolder",
                "OPTIONS": {"location": str(tmp_path_factory.mktemp("recordings"))},
            },
            "staticfiles": {
                "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
            },
        },
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """Empty all tables after a test with transactions, also that of rate limits, which
    has no model.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TransactionTestCase, "_fixture_teardown", lambda test_case: empty_tables()
        )
        yield


@pytest.fixture(autouse=True)
def no_trimming_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no entry be the one in 256 after which old ones are looked for: that takes
    queries, which tests count.
    """
    for module in ("accounts.audit_bounds", "integrations.delivery_log.refusal_bounds"):
        monkeypatch.setattr(f"{module}.TRIM_EVERY", 2**129)  # above every UUID


@pytest.fixture(autouse=True)
def recording_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each time that a worker would be woken for
    recordings.
    """
    sent: list[None] = []
    monkeypatch.setattr(
        "conversations.recordings.wakeup.wake_worker", lambda: sent.append(None)
    )
    return sent


@pytest.fixture(autouse=True)
def message_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each time that a worker would be woken for
    messages.
    """
    sent: list[None] = []
    monkeypatch.setattr("alerts.messages.wakeup.wake_worker", lambda: sent.append(None))
    return sent


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Acme", slug="acme")


@pytest.fixture
def other_organization(db: None) -> Organization:
    return Organization.objects.create(name="Globex", slug="globex")


def person(name: str, organization: Organization, role: Role) -> User:
    """Make a user of the organization, with the role."""
    user = User.objects.create_user(
        f"{name.lower()}@example.org", PASSWORD, name=f"{name} Example"
    )
    Membership.objects.create(organization=organization, user=user, role=role)
    return user


@pytest.fixture
def alice(organization: Organization) -> User:
    """Return the owner of `organization`."""
    return person("Alice", organization, Role.OWNER)


@pytest.fixture
def dora(organization: Organization) -> User:
    """Return an admin of `organization`."""
    return person("Dora", organization, Role.ADMIN)


@pytest.fixture
def bob(organization: Organization) -> User:
    """Return a member of `organization`."""
    return person("Bob", organization, Role.MEMBER)


@pytest.fixture
def charlie(other_organization: Organization) -> User:
    """Return the outsider, who owns `other_organization`."""
    return person("Charlie", other_organization, Role.OWNER)


def signed_in(user: User) -> Client:
    """Return a client that is signed in, as `force_login` makes it with many times the
    queries: for the session's key of before, and for when the user was there last.
    """
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


@pytest.fixture
def alice_client(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def dora_client(dora: User) -> Client:
    return signed_in(dora)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def password() -> str:
    """Return the password of all these people."""
    return PASSWORD


@pytest.fixture
def make_key(db: None) -> MakeKey:
    """Return `make_key(organization, scope="read", ...)`, which gives the row and the
    key's text.
    """

    def make(
        organization: Organization,
        scope: str = ApiKey.Scope.FULL,
        **fields: object,
    ) -> tuple[ApiKey, str]:
        text = keys.generate_key()
        fields.setdefault("name", "livekit-prod-worker")
        row = ApiKey.objects.create(
            organization=organization,
            scope=scope,
            digest=keys.digest(text),
            prefix=text[: keys.SHOWN_PREFIX_LENGTH],
            last_four=text[-keys.SHOWN_SUFFIX_LENGTH :],
            **fields,
        )
        return row, text

    return make
