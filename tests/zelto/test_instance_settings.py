"""A whole instance with an address that is typed oddly, and a mail server that is away."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from tests.accounts.mail.certificates import make_certificate, server_context
from tests.accounts.mail.mail_server import PASSWORD, USER, Mailbox, mail_server
from tests.browser import walk
from tests.zelto.faults.load import provision
from tests.zelto.free_port import free_port
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

EMAIL = "ada@example.org"
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("mail"))


@pytest.fixture(scope="module")
def mail_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(certificate: Path, mail_port: int) -> Iterator[Stack]:
    environment = {
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": str(mail_port),
        "EMAIL_USE_SSL": "true",
        "EMAIL_HOST_USER": USER,
        "EMAIL_HOST_PASSWORD": PASSWORD,
        "SSL_CERT_FILE": str(certificate),
    }
    stack = Stack(environment=environment)
    stack.environment["ZELTO_BASE_URL"] = f"HTTP://LocalHost:{stack.port}//"
    stack.url = f"http://localhost:{stack.port}"
    with stack:
        provision(stack)
        yield stack


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    """Run nginx in front of a port with the least that it needs; yield its own port."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, behind=behind))
    process = subprocess.Popen(  # noqa: S603
        [program, "-p", str(folder), "-c", str(config), "-e", "stderr"]
    )
    try:
        wait_for(lambda: answers(port), 10, what="nginx listens")
        yield port
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def submit(browser: OpenerDirector, url: str, **fields: str) -> str:
    """Send the form of a page as a browser does, with its origin; return the answer."""
    with browser.open(url) as page:
        html = page.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)', html)
    assert token
    body = urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
    browser.addheaders = [("Origin", "/".join(url.split("/")[:3]))]
    with browser.open(url, body) as page:
        return str(page.read().decode())


def test_people_log_in_at_an_address_that_is_typed_oddly(stack: Stack) -> None:
    browser = build_opener(HTTPCookieProcessor())
    assert walk.log_in(browser, stack.url).startswith(f"{stack.url}/org/")


@pytest.mark.parametrize("path", ["/login", "/webhooks/calls", "/v1/agents", "/mcp"])
def test_a_host_that_is_not_allowed_is_told_over_loopback(
    stack: Stack, path: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port)
    connection.request("POST", path, b"{}", {"Host": "zelto.internal"})
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 400
    assert "ALLOWED_HOSTS" in text
    is_page = path == "/login"
    assert ("text/html" in answer.headers["Content-Type"]) is is_page
    connection.request(
        "POST", path, b"{}", {"Host": "zelto.internal", "X-Forwarded-For": "192.0.2.7"}
    )
    assert b"ALLOWED_HOSTS" not in connection.getresponse().read()
    connection.close()
    wait_for(
        lambda: "'zelto.internal' is not one of ALLOWED_HOSTS" in stack.log,
        10,
        what="the log says it",
    )


@pytest.mark.parametrize("path", ["/login", "/webhooks/calls"])
def test_nobody_is_told_through_nginx_as_it_is_set_up_at_first(
    stack: Stack, tmp_path: Path, path: str
) -> None:
    """It names nobody for whom it asks, unless it is told to."""
    with nginx(tmp_path, stack.port) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", path, b"{}", {"Host": "zelto.internal"})
        answer = connection.getresponse()
        assert answer.status == 400
        assert b"ALLOWED_HOSTS" not in answer.read()
        connection.close()


def test_a_mail_comes_once_the_server_is_back(
    stack: Stack, certificate: Path, mail_port: int
) -> None:
    browser = build_opener(HTTPCookieProcessor())
    page = submit(browser, f"{stack.url}/password/reset", email=EMAIL)
    assert "could not be sent just now" in page
    box = Mailbox()
    with mail_server(box, mail_port, tls=server_context(certificate), login=True):
        wait_for(lambda: bool(box.envelopes), 60, what="the mail comes")
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == [EMAIL]
    (link,) = re.findall(r"http://\S+/password/reset/\S+", box.texts[0])
    assert link.startswith(f"{stack.url}/")
    assert "choose a password" in browser.open(link).read().decode().lower()
    assert link not in stack.log
    assert PASSWORD not in stack.log
    assert EMAIL not in stack.log
    assert "Connection refused" in stack.log
