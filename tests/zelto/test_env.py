"""Reading the environment, `.env` and DATABASE_URL; and that `.env.example` has it all."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.zelto.stack import CHECKOUT
from zelto import env, recording_config
from zelto.embedded.postgres_config import default_socket_folder

READ = re.compile(r'env_(?:text|bool|int|list|choice)\(\s*"([A-Z_]+)"')


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `.env` of this test alone."""
    path = tmp_path / ".env"
    monkeypatch.setattr(env, "env_file", lambda: env.read_env_file(path))
    return path


def test_it_prefers_the_real_environment(file: Path, monkeypatch: pytest.MonkeyPatch):
    file.write_text("THING=from the file\n")
    assert env.env_text("THING", "default") == "from the file"
    monkeypatch.setenv("THING", "from outside")
    assert env.env_text("THING", "default") == "from outside"
    monkeypatch.setenv("THING", "")
    assert env.env_text("THING", "default") == "default"


def test_it_reads_lines_as_people_write_them(file: Path):
    file.write_text("# no\n\nA=1\nexport B = two \nC=\"it's #3\"\nD=''\nE=a=b\n")
    assert env.read_env_file(file) == {
        "A": "1",
        "B": "two",
        "C": "it's #3",
        "D": "",
        "E": "a=b",
    }


def test_it_names_the_line_that_it_cannot_read(file: Path):
    file.write_text("A=1\nwhat is this\n")
    with pytest.raises(ImproperlyConfigured, match=r"Line 2 of \.env is not NAME"):
        env.env_text("A")


@pytest.mark.parametrize(
    ("word", "value"), [("TRUE", True), ("1", True), ("off", False), (" no ", False)]
)
def test_it_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, word: str, value: bool):
    monkeypatch.setenv("THING", word)
    assert env.env_bool("THING") is value


def test_it_names_the_variable_that_is_malformed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THING", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="THING must be true or false"):
        env.env_bool("THING")
    for number in ("perhaps", "-1", "1.5", "٣", "9" * 40):
        monkeypatch.setenv("THING", number)
        with pytest.raises(ImproperlyConfigured, match="THING must be a whole number"):
            env.env_int("THING", 0)


def test_it_takes_an_address_of_postgres_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    url = (
        "postgres://ada:p%40ss@db.example:6543/zelto?sslmode=require&connect_timeout=3"
    )
    monkeypatch.setenv("DATABASE_URL", url)
    assert env.database_settings(tmp_path) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "zelto",
        "USER": "ada",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "require", "connect_timeout": "3"},
    }


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://ada:secret@db/zelto", "must look like"),
        ("postgres://ada:secret@db", "the name of the database is missing"),
        ("postgres://ada:secret@db:x/zelto", "its port is not a number"),
        ("postgres://ada:secret@db/zelto?slmode=x", "could not be read"),
        ("postgres://ada:secret@[db/zelto", "could not be read"),
    ],
)
def test_it_refuses_an_address_without_telling_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, reason: str
):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=reason) as error:
        env.database_settings(tmp_path)
    assert "DATABASE_URL" in str(error.value)
    assert "secret" not in str(error.value)


def test_it_finds_the_embedded_database_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("DATABASE_URL", "")
    settings = env.database_settings(tmp_path)
    assert settings["HOST"] == str(default_socket_folder(tmp_path))
    (tmp_path / "postgres").mkdir()
    running = ["4711", str(tmp_path), "1", "5432", "/elsewhere/zelto", "", ""]
    (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(running))
    assert env.database_settings(tmp_path)["HOST"] == "/elsewhere/zelto"


def test_it_makes_one_secret_key_and_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("SECRET_KEY", "")
    key = env.secret_key(tmp_path / "var", required=False)
    assert len(key) >= 50
    assert env.secret_key(tmp_path / "var", required=False) == key
    kept = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_it_asks_for_a_secret_key_once_others_come(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("SECRET_KEY", "")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be set once"):
        env.secret_key(tmp_path, required=True)


def test_one_thread_is_not_enough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZELTO_WEB_THREADS", "1")
    with pytest.raises(ImproperlyConfigured, match="2 or more"):
        env.web_threads()


def test_the_example_has_every_setting_and_no_other():
    read = set()
    for path in (CHECKOUT / "zelto").rglob("*.py"):
        read |= set(READ.findall(path.read_text("utf-8")))
    example = (CHECKOUT / ".env.example").read_text("utf-8")
    explained = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert explained - {"ZELTO_CHROMIUM"} == read  # that one is for the tests


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("recordings.internal", ["recordings.internal"]),
        ("Minio.,10.0.4.7/24", ["minio", "10.0.4.0/24"]),
        ("127.0.0.1,[::1]", ["127.0.0.1/32", "::1/128"]),
        ("10.0.0.0/255.255.0.0", ["10.0.0.0/16"]),
    ],
)
def test_it_reads_whom_recordings_may_come_from(
    monkeypatch: pytest.MonkeyPatch, words: str, places: list[str]
):
    monkeypatch.setenv("ZELTO_RECORDING_ALLOW", words)
    assert recording_config.recording_allow() == places


@pytest.mark.parametrize(
    "word",
    [
        *("http://minio", "minio:9000", "*.example", "10.0.0.0/33", "10.0.0", "a b"),
        *("10.0.0.256", "user@host", "host/path", "-a", "2130706433"),
    ],
)
def test_it_refuses_what_is_no_host_and_no_network(
    monkeypatch: pytest.MonkeyPatch, word: str
):
    monkeypatch.setenv("ZELTO_RECORDING_ALLOW", f"good.example,{word}")
    with pytest.raises(ImproperlyConfigured, match="ZELTO_RECORDING_ALLOW") as error:
        recording_config.recording_allow()
    assert repr(word) in str(error.value)


BUCKET = {"ZELTO_S3_BUCKET": "calls"}
KEY = {"ZELTO_S3_ACCESS_KEY": "a", "ZELTO_S3_SECRET_KEY": "s"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (KEY, "ZELTO_S3_BUCKET must name the bucket"),
        ({"ZELTO_S3_ENDPOINT": "https://s3"}, "ZELTO_S3_BUCKET must name the bucket"),
        (BUCKET | {"ZELTO_S3_ACCESS_KEY": "a"}, "ZELTO_S3_SECRET_KEY must be set"),
        (BUCKET | {"ZELTO_S3_SECRET_KEY": "s"}, "ZELTO_S3_ACCESS_KEY must be set"),
        (BUCKET | {"ZELTO_S3_ENDPOINT": "https://s3"}, "ZELTO_S3_ACCESS_KEY and"),
        (BUCKET | KEY | {"ZELTO_S3_ENDPOINT": "s3:9000"}, "must be an address"),
    ],
)
def test_it_names_the_setting_of_s3_that_contradicts_another(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: dict[str, str],
    said: str,
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=said) as error:
        recording_config.recording_storage(tmp_path)
    assert "ZELTO_S3_" in str(error.value)


def test_it_says_how_to_install_what_s3_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("ZELTO_S3_BUCKET", "calls")
    with pytest.raises(ImproperlyConfigured, match=r"requirements-s3\.txt"):
        recording_config.recording_storage(tmp_path)


def test_a_machine_may_be_known_at_amazon_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("ZELTO_S3_BUCKET", "calls")
    options = recording_config.recording_storage(tmp_path)["OPTIONS"]
    assert options["access_key"] is None
