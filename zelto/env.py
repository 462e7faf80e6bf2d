"""What the environment says, read in one place.

A variable comes from the real environment or else from `.env` in the checkout. An
empty one counts as not set, so that `DATABASE_URL= make run` overrules the file.
"""

import importlib.util
import ipaddress
import os
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from zelto.embedded.host import make_data_directory, open_private_file
from zelto.embedded.postgres_config import connection_parameters

CHECKOUT = Path(__file__).resolve().parent.parent
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
# A name without anything around it.
HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
    r"(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines; `#` begins a comment line, quotes around a value go."""
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = ASSIGNMENT.fullmatch(line)
        if match is None:
            raise ImproperlyConfigured(
                f"Line {number} of {path.name} is not NAME=value; correct or remove it."
            )
        value = match[2]
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[match[1]] = value
    return values


@cache
def env_file() -> dict[str, str]:
    return read_env_file(CHECKOUT / ".env")


def env_text(name: str, default: str = "") -> str:
    value = os.environ[name] if name in os.environ else env_file().get(name, "")
    return value.strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    word = env_text(name).lower()
    if not word:
        return default
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false.")


def env_int(name: str, default: int, *, minimum: int = 0) -> int:
    text = env_text(name)
    if not text:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text) or int(text) < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number, {minimum} or more.")
    return int(text)


def env_list(name: str, default: list[str]) -> list[str]:
    """Words separated by commas."""
    words = [word.strip() for word in env_text(name).split(",")]
    return [word for word in words if word] or default


def base_url() -> str:
    """The address under which people and workers reach this instance."""
    port = env_int("PORT", 8000, minimum=1)
    return env_text("ZELTO_BASE_URL", f"http://localhost:{port}").rstrip("/")


def data_directory() -> Path:
    """Where everything is kept that is not in the database; made by who needs it."""
    return CHECKOUT / Path(env_text("ZELTO_DATA_DIR", "var")).expanduser()


def database_settings(data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES["default"]: DATABASE_URL or else the embedded cluster."""
    url = env_text("DATABASE_URL")
    parts = parse_database_url(url) if url else connection_parameters(data_dir)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
    }


def parse_database_url(url: str) -> dict[str, Any]:
    """libpq's own reading, so every option of a Postgres address works."""
    shape = "DATABASE_URL must look like postgres://user:password@host:5432/name"
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{shape}.")
    try:
        parts = dict(conninfo_to_dict(url))
    except ProgrammingError as error:
        # libpq quotes the part that it could not read; that may be the password.
        raise ImproperlyConfigured(f"{shape}; it could not be read.") from (
            error if "query parameter" in str(error) else None
        )
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{shape}; the name of the database is missing.")
    ports = str(parts.get("port", "")).split(",")
    if not all(port.isdigit() or not port for port in ports):
        raise ImproperlyConfigured(f"{shape}; its port is not a number.")
    return parts


def broker_settings(data_dir: Path) -> dict[str, Any]:
    """CELERY_BROKER_URL or else a folder that carries the messages."""
    url = env_text("CELERY_BROKER_URL")
    if url:
        return {"CELERY_BROKER_URL": url, "CELERY_BROKER_TRANSPORT_OPTIONS": {}}
    messages = str(data_dir / "messages")
    return {
        # The scheme that zelto/broker.py brings.
        "CELERY_BROKER_URL": "folder://localhost/",
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            # In and out are one folder: whoever puts and whoever gets share it.
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": str(data_dir / "messages" / "control"),
            "polling_interval": 0.1,
        },
    }


def recording_allow() -> list[str]:
    """Hosts and networks of the operator's own, each in its plain form."""
    return [plain_place(word) for word in env_list("ZELTO_RECORDING_ALLOW", [])]


def plain_place(word: str) -> str:
    try:
        return str(ipaddress.ip_network(word.strip("[]"), strict=False))
    except ValueError:
        host = word.lower().rstrip(".")
    # What ends in a number is an address, and this is none that is written in full.
    if not HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise ImproperlyConfigured(
            "ZELTO_RECORDING_ALLOW names hosts, addresses and networks, such as "
            f"recordings.internal or 10.0.4.0/24; {word!r} is none of them."
        )
    return host


def recording_storage(data_dir: Path) -> dict[str, Any]:
    """Django's STORAGES["recordings"]: ZELTO_S3_BUCKET or else a folder."""
    bucket = env_text("ZELTO_S3_BUCKET")
    access_key, secret_key = (
        env_text("ZELTO_S3_ACCESS_KEY"),
        env_text("ZELTO_S3_SECRET_KEY"),
    )
    endpoint, region = env_text("ZELTO_S3_ENDPOINT"), env_text("ZELTO_S3_REGION")
    check_bucket(bucket, access_key, secret_key, endpoint, region)
    if not bucket:
        return {
            "BACKEND": "conversations.recordings.folder.RecordingsFolder",
            "OPTIONS": {
                "location": str(data_dir / "recordings"),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        # The older one, which still is boto's own choice, is refused by newer regions.
        "signature_version": "s3v4",
        "querystring_auth": True,
        "querystring_expire": 300,
        "default_acl": None,
        "file_overwrite": True,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def check_bucket(
    bucket: str, access_key: str, secret_key: str, endpoint: str, region: str
) -> None:
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


def secret_key(data_dir: Path, *, required: bool) -> str:
    """SECRET_KEY or else, on one's own machine, one made once and kept."""
    key = env_text("SECRET_KEY")
    if key:
        return key
    if required:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set once ZELTO_BASE_URL names another host than "
            "localhost; make one with: openssl rand -base64 48"
        )
    path = data_dir / "secret_key"
    if not path.exists():
        keep_new_key(path)
    return path.read_text("ascii").strip()


def keep_new_key(path: Path) -> None:
    """Two processes may start at once: the first link wins, both read that one."""
    make_data_directory(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(draft, "w", encoding="ascii", opener=open_private_file) as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
