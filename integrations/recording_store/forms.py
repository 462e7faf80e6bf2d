"""The form of an organization's recording store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError

from conversations.models import RecordingStore

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[RecordingStore]
else:
    ModelForm = forms.ModelForm

BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", re.IGNORECASE)
KEEP = "Leave it empty to keep the one that is stored."


class RecordingStoreForm(ModelForm):
    """Endpoint, bucket and credentials of a store that speaks S3."""

    secret = forms.CharField(
        label="Secret access key",
        max_length=512,
        error_messages={"required": "Enter the secret access key."},
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = RecordingStore
        fields = ("endpoint", "bucket", "region", "access_key", "is_path_style")
        labels: ClassVar = {
            "access_key": "Access key id",
            "is_path_style": "The bucket is in the path (MinIO and most own servers)",
        }
        help_texts: ClassVar = {
            "endpoint": "As https://minio.example.com:9000. Empty for Amazon S3.",
            "region": "As eu-central-1. Empty where the store has none.",
        }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.order_fields(
            ["endpoint", "bucket", "region", "is_path_style", "access_key", "secret"]
        )
        self.fields["secret"].required = not self.is_stored
        if self.is_stored:
            self.fields["secret"].help_text = KEEP

    @property
    def is_stored(self) -> bool:
        """Tell whether a secret is there that can be read."""
        return self.instance.secret is not None and bool(self.instance.secret)

    def clean_endpoint(self) -> str:
        endpoint: str = self.cleaned_data["endpoint"].strip().rstrip("/")
        if not endpoint:
            return ""
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValidationError("Begin with https:// and the name of the server.")
        if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValidationError(
                "Only the server belongs here, as https://minio.example.com:9000; the "
                "bucket has a field of its own."
            )
        return endpoint

    def clean_bucket(self) -> str:
        bucket: str = self.cleaned_data["bucket"]
        if not BUCKET.fullmatch(bucket):
            raise ValidationError("This is no name of a bucket.")
        return bucket
