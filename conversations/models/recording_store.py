"""The object store in which an organization's recordings lie."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone

from accounts.models import Organization
from accounts.models.encrypted_text import EncryptedTextField

AWS_REGION = "us-east-1"


class RecordingStore(models.Model):
    """A bucket of an organization's own, from which its recordings are fetched: what
    LiveKit's egress and others write there is named by plain addresses, which nobody can
    open without credentials.
    """

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="recording_store",
    )
    # https://host[:port]; empty for Amazon's own.
    endpoint = models.CharField(max_length=255, blank=True)
    bucket = models.CharField(max_length=63)
    region = models.CharField(max_length=64, blank=True)
    access_key = models.CharField(max_length=128)
    secret = EncryptedTextField()
    # https://host/bucket/... rather than https://bucket.host/...
    is_path_style = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.bucket} at {self.base}"

    @property
    def base(self) -> str:
        """Return the address of the store, without a slash at its end."""
        own = f"https://s3.{self.signing_region}.amazonaws.com"
        return self.endpoint.rstrip("/") or own

    @property
    def host(self) -> str:
        """Return host and port of the store, in lower case."""
        return urlsplit(self.base).netloc.lower()

    @property
    def signing_region(self) -> str:
        """Return the region that signatures name; stores of one region take any."""
        return self.region or AWS_REGION
