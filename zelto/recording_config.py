"""Read where recordings may come from, and where they are kept."""

import importlib.util
import ipaddress
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from web.outgoing.authorities import write_authorities
from zelto.embedded.host import make_data_directory
from zelto.env import env_list, env_text
from zelto.outgoing_config import ca_bundle

# A name without a scheme, port or path.
HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
    r"(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)


def recording_allow() -> list[str]:
    """Return the operator's own hosts and networks, each in its normal form.

    Raises:
        ImproperlyConfigured: one of ZELTO_RECORDING_ALLOW is neither.
    """
    words = env_list("ZELTO_RECORDING_ALLOW", [])
    return [normalize_host(word, "ZELTO_RECORDING_ALLOW") for word in words]


def normalize_host(word: str, setting: str) -> str:
    """Return an address as a network (`::1/128`), a name in lower case.

    setting: in which the word stands.

    Raises:
        ImproperlyConfigured: it is no host, address or network.
    """
    try:
        return str(ipaddress.ip_network(word.strip("[]"), strict=False))
    except ValueError:
        host = word.lower().rstrip(".")
    # What ends in a number is an address, and this is none that is written in full.
    if not HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise ImproperlyConfigured(
            f"{setting} names hosts, addresses and networks, such as "
            f"recordings.internal or 10.0.4.0/24; {word!r} is none of them."
        )
    return host


def recording_storage(data_dir: Path) -> dict[str, Any]:
    """Return Django's STORAGES["recordings"]: ZELTO_S3_BUCKET or else a folder.

    Raises:
        ImproperlyConfigured: settings of S3 contradict each other.
    """
    bucket = env_text("ZELTO_S3_BUCKET")
    access_key = env_text("ZELTO_S3_ACCESS_KEY")
    secret_key = env_text("ZELTO_S3_SECRET_KEY")
    endpoint, region = env_text("ZELTO_S3_ENDPOINT"), env_text("ZELTO_S3_REGION")
    check_bucket_settings(bucket, access_key, secret_key, endpoint, region)
    if not bucket:
        return {
            "BACKEND": "conversations.recordings.folder.RecordingsFolder",
            "OPTIONS": {
                "location": str(data_dir / "recordings"),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    make_data_directory(data_dir)
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "verify": str(write_authorities(data_dir, ca_bundle())),
        # The older one, which still is boto's own choice, is refused by newer regions.
        "signature_version": "s3v4",
        "querystring_auth": True,
        "querystring_expire": 300,
        "default_acl": None,
        "file_overwrite": True,
    }
    return {
        "BACKEND": "conversations.object_store.bucket.RecordingsBucket",
        "OPTIONS": options,
    }


def check_bucket_settings(
    bucket: str, access_key: str, secret_key: str, endpoint: str, region: str
) -> None:
    """Accept settings of S3 that fit together; an empty one is not set.

    Raises:
        ImproperlyConfigured: they do not, or what S3 takes is not installed.
    """
    if not bucket:
        if access_key or secret_key or endpoint or region:
            raise ImproperlyConfigured(
                "ZELTO_S3_BUCKET must name the bucket, since other ZELTO_S3_ settings "
                "are there; without them recordings are kept in the data folder."
            )
        return
    if importlib.util.find_spec("storages") is None:
        raise ImproperlyConfigured(
            "ZELTO_S3_BUCKET is set, and what it takes is not installed; install it "
            "with: .venv/bin/python -m pip install -r requirements-s3.txt"
        )
    if endpoint and not re.match(r"https?://[^/\s]+", endpoint):
        raise ImproperlyConfigured(
            "ZELTO_S3_ENDPOINT must be an address, such as https://s3.example.com"
        )
    if bool(access_key) != bool(secret_key):
        missing = "ZELTO_S3_SECRET_KEY" if access_key else "ZELTO_S3_ACCESS_KEY"
        raise ImproperlyConfigured(f"{missing} must be set too: a key has two parts.")
    if endpoint and not access_key:
        raise ImproperlyConfigured(
            "ZELTO_S3_ACCESS_KEY and ZELTO_S3_SECRET_KEY must be set for the server of "
            "ZELTO_S3_ENDPOINT; only at Amazon a machine may be known by itself."
        )


def stereo_channels() -> list[str]:
    """Return who speaks in the first and in the second channel of a stereo recording.

    Raises:
        ImproperlyConfigured: ZELTO_STEREO_CHANNELS names others.
    """
    channels = env_list("ZELTO_STEREO_CHANNELS", ["user", "agent"])
    if sorted(channels) != ["agent", "user"]:
        raise ImproperlyConfigured(
            "ZELTO_STEREO_CHANNELS must be user,agent or agent,user."
        )
    return channels
