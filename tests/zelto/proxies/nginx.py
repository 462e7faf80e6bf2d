"""Debian's nginx in front of a stack, set up as the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.zelto.stack import CHECKOUT, open_folder, wait_for

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:{port_behind};
            {from_the_readme}
        }}
    }}
}}
"""


def directives_of_the_readme() -> str:
    """Return the block of README.md that operators put into their nginx."""
    text = (CHECKOUT / "README.md").read_text("utf-8")
    block = re.search(r"(?:^    \w[^\n]*;\n)+", text, re.MULTILINE)
    assert block
    return block[0]


class Nginx:
    """An nginx of a test, with TLS. port: where it listens."""

    def __init__(self, port_behind: int, port: int, chain: Path, key: Path) -> None:
        self.port_behind, self.port = port_behind, port
        self.chain, self.key = chain, key

    def __enter__(self) -> Self:
        self.folder = open_folder()
        config = self.folder / "nginx.conf"
        config.write_text(
            CONFIG.format(
                folder=self.folder,
                user="user root;" if os.geteuid() == 0 else "",
                port=self.port,
                port_behind=self.port_behind,
                chain=self.chain,
                key=self.key,
                from_the_readme=directives_of_the_readme(),
            )
        )
        assert PROGRAM, "nginx is missing: make proxies"
        with (self.folder / "nginx.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - Debian's, or the user's own
                [PROGRAM, "-p", str(self.folder), "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self.is_up, 20, what="nginx listens")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log
        return (self.folder / "nginx.pid").exists()

    @property
    def log(self) -> str:
        return (self.folder / "nginx.log").read_text("utf-8", "replace")
