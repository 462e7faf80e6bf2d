"""A person who is signed in and reads pages, or a program that has a key, over one
connection.
"""

from __future__ import annotations

import http.client
import time
from http.cookies import SimpleCookie
from typing import NamedTuple, Self
from urllib.parse import urlencode

from bench.errors import BenchError
from bench.instance import PASSWORD, Instance, Tenant

LOGIN = "/login"


class Answer(NamedTuple):
    """An answer, and the seconds to its last byte."""

    status: int
    text: str
    seconds: float


class Reader:
    """A client with one connection, which keeps its cookies."""

    def __init__(self, port: int, key: str = "") -> None:
        self.key = key
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    @classmethod
    def signed_in(cls, instance: Instance, tenant: Tenant) -> Self:
        """Return a reader who has logged in as the owner of the tenant.

        Raises:
            BenchError: the login was refused.
        """
        reader = cls(instance.port)
        reader.request("GET", LOGIN)
        form = {
            "login": tenant.email,
            "password": PASSWORD,
            "csrfmiddlewaretoken": reader.cookie("csrf"),
        }
        reader.request("POST", LOGIN, form)
        if not reader.cookie("session"):
            raise BenchError("The bench could not sign in.")
        return reader

    def cookie(self, kind: str) -> str:
        """Return the value of a cookie, or an empty text: its name ends with a port."""
        of_kind = (
            value
            for name, value in self.cookies.items()
            if name.startswith(f"zelto_{kind}")
        )
        return next(of_kind, "")

    def get(self, path: str) -> Answer:
        """Return an answer of 200.

        Raises:
            BenchError: it has another status.
        """
        answer = self.request("GET", path)
        if answer.status != 200:
            raise BenchError(f"{path} answered {answer.status}.")
        return answer

    def request(
        self, method: str, path: str, form: dict[str, str] | None = None
    ) -> Answer:
        """Send a request, and return its answer whatever the status."""
        body = urlencode(form) if form else None
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        seconds = time.perf_counter() - began
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {n: m.value for n, m in SimpleCookie(line).items()}
        return Answer(response.status, text, seconds)
