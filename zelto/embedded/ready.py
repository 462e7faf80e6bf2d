"""Whether the web process answers, and whether its port is free before."""

import http.client
import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from zelto.embedded.errors import Trouble
from zelto.env import base_url, env_int, env_text

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared
ANSWER_LASTS = 5.0  # seconds


@dataclass(frozen=True)
class WebAddress:
    bind: str
    port: int
    public: str

    @classmethod
    def from_environment(cls) -> "WebAddress":
        bind = env_text("ZELTO_BIND", "127.0.0.1")
        port = env_int("PORT", 8000, minimum=1)
        return cls(bind, port, base_url())

    @property
    def near(self) -> str:
        """Where this machine itself reaches it."""
        return ANY_ADDRESS.get(self.bind, self.bind)

    def check_free(self) -> None:
        family = socket.AF_INET6 if ":" in self.bind else socket.AF_INET
        with socket.socket(family) as probe:
            # Connections that just ended do not count, a server that listens does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.bind, self.port))
            except OSError as error:
                raise Trouble(
                    f"Port {self.port} on {self.bind} cannot be used "
                    f"({os.strerror(error.errno or 0)}). Stop what uses it, or set "
                    "PORT or ZELTO_BIND."
                ) from None

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(
            self.near, self.port, timeout=ANSWER_LASTS
        )
        # The name that ALLOWED_HOSTS knows.
        name = urlsplit(self.public).netloc
        try:
            connection.request("GET", "/", headers={"Host": name})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
