"""Read what the environment says, in one place.

A variable comes from the real environment or else from `.env` in the checkout. An
empty one counts as not set, so that `DATABASE_URL= make run` overrules the file.
"""

import os
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from web.private_files import open_private_file
from zelto.embedded.host import make_data_directory
from zelto.embedded.postgres_config import connection_parameters

CHECKOUT = Path(__file__).resolve().parent.parent
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
MIN_KEY_CHARACTERS = 32
MIN_DIFFERENT_CHARACTERS = 10
ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the values of NAME=value lines, by name; none where there is no file.

    `#` begins a comment line, quotes around a value go.

    Raises:
        ImproperlyConfigured: a line is something else; the text has its number.
    """
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
    """Return the values of `.env` in the checkout, read once in a process.

    Raises:
        ImproperlyConfigured: it has a line that is not NAME=value.
    """
    return read_env_file(CHECKOUT / ".env")


def env_text(name: str, default: str = "") -> str:
    """Return a variable without the spaces around it; the default where it is empty.

    Raises:
        ImproperlyConfigured: `.env` has a line that is not NAME=value.
    """
    value = os.environ[name] if name in os.environ else env_file().get(name, "")
    return value.strip() or default


def env_choice(name: str, default: str, *others: str) -> str:
    """Return a variable that is one of these words; the default where it is empty.

    Raises:
        ImproperlyConfigured: it is none of them.
    """
    value = env_text(name, default)
    if value not in (default, *others):
        words = f"{', '.join((default, *others[:-1]))} or {others[-1]}"
        raise ImproperlyConfigured(f"{name} must be {words}.")
    return value


def env_bool(name: str, default: bool = False) -> bool:
    """Return a variable that says yes or no; the default where it is empty.

    Raises:
        ImproperlyConfigured: it is neither of TRUE_WORDS nor of FALSE_WORDS.
    """
    word = env_text(name).lower()
    if not word:
        return default
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false.")


def env_int(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a variable that is a whole number; the default where it is empty.

    Raises:
        ImproperlyConfigured: it is none, has over 15 digits, or is below the minimum.
    """
    text = env_text(name)
    if not text:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text) or int(text) < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number, {minimum} or more.")
    return int(text)


def env_list(name: str, default: list[str]) -> list[str]:
    """Return the words between a variable's commas; the default where it has none."""
    words = [word.strip() for word in env_text(name).split(",")]
    return [word for word in words if word] or default


def web_threads() -> int:
    """Return how many threads each process of the web server answers with."""
    return env_int("ZELTO_WEB_THREADS", 6, minimum=2)


def data_directory() -> Path:
    """Return where all but the database is kept; whoever needs it makes it."""
    return CHECKOUT / Path(env_text("ZELTO_DATA_DIR", "var")).expanduser()


def database_settings(data_dir: Path) -> dict[str, Any]:
    """Return Django's DATABASES["default"]: DATABASE_URL or else the embedded cluster.

    Raises:
        ImproperlyConfigured: DATABASE_URL cannot be read.
    """
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
    """Return the parts of an address of Postgres, by libpq's names.

    libpq itself reads it, so every option works.

    Raises:
        ImproperlyConfigured: it cannot be used; the text does not tell its password.
    """
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
    """Return Celery's settings: CELERY_BROKER_URL or else a folder for messages."""
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


def secret_key(data_dir: Path, *, required: bool) -> str:
    """Return SECRET_KEY or else, on one's own machine, one made once and kept.

    Raises:
        ImproperlyConfigured: it is required and not set, or easy to guess.
    """
    key = env_text("SECRET_KEY")
    if key and is_weak_key(key):
        raise ImproperlyConfigured(
            "SECRET_KEY is easy to guess, and whoever knows it can sign in as anybody; "
            "make another with: openssl rand -base64 48"
        )
    if key:
        return key
    if required:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set once ZELTO_BASE_URL names another host than "
            "localhost; make one with: openssl rand -base64 48"
        )
    path = data_dir / "secret_key"
    if not path.exists():
        store_new_key(path)
    key = path.read_text("ascii").strip()
    if is_weak_key(key):
        raise ImproperlyConfigured(
            f"{path} holds no key that is hard to guess. Remove it, and the next start "
            "makes one; then everybody signs in again."
        )
    return key


def is_weak_key(key: str) -> bool:
    """Tell whether a secret key is short, a few characters over and over, or a
    placeholder.
    """
    return (
        len(key) < MIN_KEY_CHARACTERS
        or len(set(key)) < MIN_DIFFERENT_CHARACTERS
        or key.startswith("django-insecure-")
    )


def store_new_key(path: Path) -> None:
    """Write a new secret key to a file that only its owner may read.

    Two processes may start at once: the first link wins, both read that one.
    """
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
