"""Mails as files, where there is no mail server: for the operator alone, and not for
ever, since each may hold a link that opens an account."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.test import override_settings

from accounts.mail.files import forget_old_mails
from accounts.models import Invitation
from zelto import settings as all_settings

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return where mails lie, as the settings have it without a mail server."""
    before = os.umask(0)  # what the process allows does not count
    with override_settings(
        EMAIL_BACKEND=all_settings.EMAIL_BACKEND,
        EMAIL_FILE_PATH=tmp_path / "var" / "mail",
    ):
        yield tmp_path / "var" / "mail"
    os.umask(before)


def send(subject: str = "Join Acme") -> None:
    EmailMessage(subject, "https://zelto.example.com/…", to=["eve@example.org"]).send()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_a_mail(folder: Path) -> None:
    send()
    (mail,) = folder.iterdir()
    assert mode_of(mail) == 0o600
    assert mode_of(folder) == mode_of(folder.parent) == 0o700
    text = mail.read_text()
    assert "Subject: Join Acme" in text
    assert "To: eve@example.org" in text


def test_a_folder_that_is_open_is_closed(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    send()
    assert mode_of(folder) == 0o700


def test_each_mail_is_a_file_and_the_names_are_in_order(folder: Path) -> None:
    for number in range(3):
        send(f"Number {number}")
    mails = sorted(folder.iterdir())
    assert [f"Number {n}" in mail.read_text() for n, mail in enumerate(mails)] == (
        [True] * 3
    )


def test_they_are_forgotten_once_no_link_in_them_works(folder: Path) -> None:
    send("Old")
    (old,) = folder.iterdir()
    send("New")
    reset = timedelta(seconds=django_settings.PASSWORD_RESET_TIMEOUT)
    lifetime = max(Invitation.LIFETIME, reset).total_seconds()
    now = time.time()
    os.utime(old, (now, now - lifetime + 60))
    assert forget_old_mails() == 0
    os.utime(old, (now, now - lifetime - 60))
    assert forget_old_mails() == 1
    assert ["New" in mail.read_text() for mail in folder.iterdir()] == [True]


def test_nothing_is_forgotten_where_there_is_a_mail_server(tmp_path: Path) -> None:
    with override_settings(EMAIL_FILE_PATH=None):
        assert forget_old_mails() == 0
    with override_settings(EMAIL_FILE_PATH=tmp_path / "never"):
        assert forget_old_mails() == 0


def test_the_hourly_task_forgets_them(db: None, folder: Path) -> None:
    from integrations.tasks import forget

    send()
    (mail,) = folder.iterdir()
    os.utime(mail, (0, 0))
    forget()
    assert not mail.exists()
