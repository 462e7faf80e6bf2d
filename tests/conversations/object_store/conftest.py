"""Recordings in a bucket over https, by settings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.conf import settings
from django.test import override_settings

from tests.conversations.object_store.authority import Certificates, make_certificates
from tests.conversations.object_store.careless_bucket import CarelessBucket
from zelto import recording_config

KeptIn = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def careless_bucket(certificates: Certificates) -> Iterator[CarelessBucket]:
    """A server on loopback, which keeps what it does not understand."""
    with CarelessBucket(certificates.server_context()) as bucket:
        yield bucket


@pytest.fixture
def kept_in(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> KeptIn:
    """Return `kept_in(url)`: for as long, recordings are kept in a bucket there."""

    @contextmanager
    def keep(url: str) -> Iterator[None]:
        for name, value in {
            "ZELTO_S3_BUCKET": "zelto-recordings",
            "ZELTO_S3_REGION": "us-east-1",
            "ZELTO_S3_ENDPOINT": url,
            "ZELTO_S3_ACCESS_KEY": "S3RVER",
            "ZELTO_S3_SECRET_KEY": "S3RVER",
        }.items():
            monkeypatch.setenv(name, value)
        recordings = recording_config.recording_storage(settings.DATA_DIR)
        recordings["OPTIONS"]["verify"] = str(certificates.authority)
        with override_settings(STORAGES=settings.STORAGES | {"recordings": recordings}):
            yield

    return keep


@pytest.fixture
def in_careless_bucket(
    careless_bucket: CarelessBucket, kept_in: KeptIn
) -> Iterator[CarelessBucket]:
    with kept_in(careless_bucket.url):
        yield careless_bucket
