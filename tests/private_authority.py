"""A certificate authority that nobody knows, as companies have one, and its certificates."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)
# As a server shows them to somebody who connects to 127.0.0.1 or localhost.
HERE = ("127.0.0.1", "localhost")


class PrivateAuthority:
    """An authority of a test. file: its own certificate, in PEM form."""

    def __init__(self, folder: Path, issuer: trustme.CA | None = None) -> None:
        self.folder = folder
        self.issuer = issuer or trustme.CA()
        self.file = folder / "authority.pem"
        self.issuer.cert_pem.write_to_path(self.file)

    @property
    def pem(self) -> str:
        return self.file.read_text("ascii")

    def server(
        self, *names: str, from_day: int = -1, to_day: int = 30
    ) -> ssl.SSLContext:
        """Return what a server of these names shows, of HERE where none is given; valid
        from a day to a day, counted from today."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issue(names, from_day, to_day).configure_cert(context)
        return context

    def files(self, *names: str) -> tuple[Path, Path]:
        """Return the files of such a server: its certificate with what signed it, and its
        key."""
        issued = self._issue(names, -1, 30)
        chain, key = self.folder / "server.pem", self.folder / "server.key"
        key.write_bytes(issued.private_key_pem.bytes())
        chain.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        return chain, key

    def intermediate(self) -> PrivateAuthority:
        """Return one that this one vouches for, as most companies have for servers."""
        folder = self.folder / "intermediate"
        folder.mkdir()
        return PrivateAuthority(folder, self.issuer.create_child_ca())

    def bare_server(self, *addresses: str) -> ssl.SSLContext:
        """Return what a server shows whose certificate was made by hand, with a common
        name, no key identifiers, and a subjectAltName where addresses are given."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.load_pem_x509_certificate(self.pem.encode())
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(
                x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HERE[0])])
            )
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )
        if addresses:
            names = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
            made = made.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        signer = serialization.load_pem_private_key(
            self.issuer.private_key_pem.bytes(), None
        )
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        file = self.folder / "bare.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.sign(signer, hashes.SHA256()).public_bytes(
                serialization.Encoding.PEM
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _issue(
        self, names: tuple[str, ...], from_day: int, to_day: int
    ) -> trustme.LeafCert:
        now = datetime.now(UTC)
        return self.issuer.issue_cert(
            *(names or HERE),
            not_before=now + from_day * DAY,
            not_after=now + to_day * DAY,
        )
