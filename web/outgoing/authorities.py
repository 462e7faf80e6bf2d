"""One file of the certificate authorities that every outgoing TLS connection trusts.

In it are the public ones, those of the machine, and those that ZELTO_CA_BUNDLE names. It
is a file, since the clients of S3 and of the models of speech take nothing else. Nothing
of it is secret; a key beside a certificate is left out.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

import certifi
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from web.private_files import make_owner_only_folder

FILE_NAME = "certificates.pem"
CERTIFICATE = re.compile(
    r"-----BEGIN (?:X509 )?CERTIFICATE-----[ \t]*\r?\n([A-Za-z0-9+/=\s]+)-----END"
)
# Where OpenSSL does not say: a Python from elsewhere was built for another system.
FILES_OF_SYSTEMS = (
    *("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"),
    *("/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"),
)
# By which other programs of the machine are told of its authorities.
VARIABLES = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "AWS_CA_BUNDLE",
)
# Connects to nobody.
_checks = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def authorities_file() -> str:
    """Return the path of a PEM file with all trusted authorities, as the settings have
    it.
    """
    return str(write_authorities(settings.DATA_DIR, settings.CA_BUNDLE))


def tls_context() -> ssl.SSLContext:
    """Return the context of a client that trusts these authorities, and checks names.

    On every version of Python one of them is enough that signed a server's certificate and
    was itself signed by another; and certificates that companies make by hand, which lack
    what RFC 5280 has of key identifiers, are good.
    """
    return _context(authorities_file())


def shared_tls_context() -> ssl.SSLContext:
    """Return such a context for many connections, also of several threads, which must not
    change it: reading the authorities takes 30 ms.
    """
    path = authorities_file()
    return _shared_context(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=2)
def _shared_context(path: str, changed_at: int) -> ssl.SSLContext:
    return _context(path)


def _context(path: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=path)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    return context


def write_authorities(folder: Path, own: Path | None) -> Path:
    """Write the file into a folder, where it is missing or has others; return its path.

    own: what ZELTO_CA_BUNDLE names.

    Raises:
        ImproperlyConfigured: `own` cannot be used; the text says why.
        OSError: it cannot be written.
    """
    text, path = _all_authorities(own), folder / FILE_NAME
    if path.is_file() and path.read_text("ascii") == text:
        return path
    make_owner_only_folder(folder)
    # Another process or thread may write the same at this moment.
    handle, draft = tempfile.mkstemp(prefix=f"{FILE_NAME}.", dir=folder)
    with open(handle, "w", encoding="ascii") as file:
        file.write(text)
    os.replace(draft, path)
    return path


@cache
def _all_authorities(own: Path | None) -> str:
    found = dict.fromkeys(read_own_authorities(own) if own else [])
    for source in _sources():
        found |= dict.fromkeys(_readable(source))
    return "".join(found)


def read_own_authorities(path: Path) -> list[str]:
    """Return the certificates in a PEM file, or in the files of a folder, each as PEM.

    Raises:
        ImproperlyConfigured: there is none, or one cannot be read; the text names the
            setting.
    """
    names = f"ZELTO_CA_BUNDLE names {path}, which"
    try:
        files = _files_of(path)
        texts = [(file, file.read_bytes().decode("latin-1")) for file in files]
    except FileNotFoundError:
        raise ImproperlyConfigured(
            f"{names} is not there; name a PEM file, or a folder of such files."
        ) from None
    except OSError as error:
        raise ImproperlyConfigured(
            f"{names} cannot be read: {error.strerror}."
        ) from None
    found = []
    for file, text in texts:
        for body in CERTIFICATE.findall(text):
            pem = _as_pem(body)
            if not pem:
                raise ImproperlyConfigured(
                    f"{names} holds a certificate that is broken, in {file.name}."
                )
            found.append(pem)
    if not found:
        raise ImproperlyConfigured(
            f"{names} holds no certificate that begins with -----BEGIN CERTIFICATE-----. "
            "One in binary form becomes that with: "
            "openssl x509 -inform der -in FILE -out FILE.pem"
        )
    return found


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.is_file())


@cache
def _as_pem(body: str) -> str:
    """Return a certificate in its usual lines; empty where it is none."""
    try:
        der = ssl.PEM_cert_to_DER_cert(
            f"{ssl.PEM_HEADER}\n{''.join(body.split())}\n{ssl.PEM_FOOTER}"
        )
        _checks.load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError):
        return ""
    return ssl.DER_cert_to_PEM_cert(der)


def _sources() -> Iterator[Path]:
    paths = ssl.get_default_verify_paths()
    named = [os.environ.get(name, "") for name in VARIABLES]
    folders = [one for text in named for one in text.split(os.pathsep) if one]
    of_openssl = (paths.openssl_cafile, paths.openssl_capath)
    for one in (certifi.where(), *FILES_OF_SYSTEMS, *of_openssl, *folders):
        yield Path(one)


def _readable(source: Path) -> Iterator[str]:
    """Yield what is good of somebody else's file or folder; the rest is not ours to
    judge, and would spoil the file for all readers.
    """
    try:
        files = _files_of(source)
    except OSError:
        return
    for file in files:
        try:
            text = file.read_bytes().decode("latin-1")
        except OSError:
            continue
        yield from filter(None, map(_as_pem, CERTIFICATE.findall(text)))
