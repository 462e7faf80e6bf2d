"""Whom outgoing connections trust: everybody's authorities, the machine's, the operator's."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.private_authority import PrivateAuthority
from tests.zelto.stack import CHECKOUT
from web.outgoing import authorities

SUBJECT = re.compile(r"-----BEGIN CERTIFICATE-----")


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


@pytest.fixture(autouse=True)
def read_again() -> Iterator[None]:
    """A process reads them once; each of these tests is as a process of its own."""
    authorities._all_authorities.cache_clear()
    yield
    authorities._all_authorities.cache_clear()


def written(folder: Path, own: Path | None = None) -> str:
    return authorities.write_authorities(folder, own).read_text("ascii")


def test_everybodys_and_the_operators_are_in_one_file_that_openssl_reads(
    authority: PrivateAuthority, tmp_path: Path
) -> None:
    text = written(tmp_path, authority.file)
    public = len(SUBJECT.findall(Path(certifi.where()).read_text("ascii")))
    assert len(SUBJECT.findall(text)) > public
    assert authority.pem in text
    context = ssl.create_default_context(cadata=text)
    assert len(context.get_ca_certs()) >= public


def test_a_folder_of_files_is_taken_and_what_is_no_certificate_in_it_is_left_out(
    authority: PrivateAuthority, tmp_path: Path
) -> None:
    folder = tmp_path / "authorities"
    folder.mkdir()
    _, key = authority.files()
    windows = authority.pem.replace("\n", "\r\n")
    (folder / "company.crt").write_text(f"\ufeffCompany root\r\n{windows}", "utf-8")
    (folder / "server.key").write_bytes(key.read_bytes())
    (folder / "README").write_text("Of the company")
    text = written(tmp_path, folder)
    assert authority.pem in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize("name", authorities.VARIABLES)
def test_the_machines_own_count_however_it_is_told_of_them(
    name: str,
    authority: PrivateAuthority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert authority.pem not in written(tmp_path)
    (tmp_path / "others").mkdir()
    authority.file.rename(tmp_path / "others" / "0a1b2c3d.0")
    is_folder = name.endswith("_DIR")
    monkeypatch.setenv(
        name, str(tmp_path / "others" / ("" if is_folder else "0a1b2c3d.0"))
    )
    authorities._all_authorities.cache_clear()
    assert (tmp_path / "others" / "0a1b2c3d.0").read_text("ascii") in written(tmp_path)


def test_what_is_broken_among_the_machines_spoils_nothing(
    authority: PrivateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    (others / "broken.pem").write_text(authority.pem.replace("MII", "AAA"))
    (others / "good.pem").write_text(authority.pem)
    (others / "gone.pem").symlink_to(others / "nothing")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'nothing'}{os.pathsep}{others}")
    text = written(tmp_path)
    assert authority.pem in text
    assert ssl.create_default_context(cadata=text).get_ca_certs()


def test_the_file_is_written_again_where_somebody_emptied_it(
    authority: PrivateAuthority, tmp_path: Path
) -> None:
    path = authorities.write_authorities(tmp_path, authority.file)
    before = path.stat().st_ino
    assert (
        authorities.write_authorities(tmp_path, authority.file).stat().st_ino == before
    )
    path.write_text("")
    assert authority.pem in written(tmp_path, authority.file)
    path.unlink()
    assert authority.pem in written(tmp_path, authority.file)
    assert [one.name for one in tmp_path.iterdir() if "certificates" in one.name] == [
        "certificates.pem"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there"),
        ("", "holds no certificate"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "is broken"),
    ],
)
def test_one_that_cannot_be_used_is_named_with_its_setting(
    content: str | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "company.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ImproperlyConfigured, match=said) as error:
        authorities.read_own_authorities(path)
    assert str(error.value).startswith(f"ZELTO_CA_BUNDLE names {path}, which ")


def test_a_binary_one_is_told_how_to_become_a_pem_file(
    authority: PrivateAuthority, tmp_path: Path
) -> None:
    path = tmp_path / "company.der"
    path.write_bytes(ssl.PEM_cert_to_DER_cert(authority.pem))
    with pytest.raises(ImproperlyConfigured, match="openssl x509 -inform der"):
        authorities.read_own_authorities(path)


def test_one_that_cannot_be_read_says_why() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"cannot be read: .+\.$"):
        authorities.read_own_authorities(Path("/proc/self/mem"))


def test_an_empty_folder_holds_none(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="holds no certificate"):
        authorities.read_own_authorities(tmp_path)


def test_zelto_does_not_start_with_one_that_cannot_be_used(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env=os.environ | {"ZELTO_CA_BUNDLE": str(tmp_path / "company.pem")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"ZELTO_CA_BUNDLE names {tmp_path / 'company.pem'}, which is not there; name a "
        "PEM file, or a folder of such files.\n"
    )
