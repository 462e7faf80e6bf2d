"""Say why the certificate of another server was refused, and what to do about it."""

from __future__ import annotations

import ssl

from urllib3.util.ssl_match_hostname import CertificateError

# Numbers of OpenSSL, x509_vfy.h.
NOT_YET_VALID, EXPIRED = 9, 10
UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21, 27}
OTHER_NAME = {62, 63, 64}
OTHER_NAME_SENTENCE = (
    "its certificate is for another name; only those in its subjectAltName count."
)


def certificate_fault(error: BaseException) -> str:
    """Return why a certificate was refused, as "its certificate has expired."; empty
    where the error, and what it came of, is something else.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ssl.SSLCertVerificationError):
            return _sentence(one)
        # What urllib3 raises where it compares names itself.
        if isinstance(one, CertificateError):
            return OTHER_NAME_SENTENCE
        reason = getattr(one, "reason", None)
        waiting += [one.__context__, one.__cause__, reason, *one.args]
    return ""


def _sentence(error: ssl.SSLCertVerificationError) -> str:
    code = getattr(error, "verify_code", 0)
    if code == EXPIRED:
        return "its certificate has expired."
    if code == NOT_YET_VALID:
        return "its certificate is not valid yet."
    if code in OTHER_NAME:
        return OTHER_NAME_SENTENCE
    if code in UNKNOWN_AUTHORITY:
        return (
            "its certificate is signed by nobody whom this machine trusts. Where that is "
            "an authority of your own, the operator names it with ZELTO_CA_BUNDLE."
        )
    return f"its certificate is not good ({getattr(error, 'verify_message', '')})."
