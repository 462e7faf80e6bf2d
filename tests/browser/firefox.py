"""Debian's Firefox, driven by the protocol that is built into it (Marionette): frames of
JSON over a socket, with the commands of WebDriver.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.zelto.free_port import free_port
from tests.zelto.stack import wait_for

NAMES = ("firefox-esr", "firefox")
# The last for what `forget` asks, which no page may.
ARGUMENTS = (
    *("--headless", "--no-remote", "--marionette"),
    "--remote-allow-system-access",
)
STARTS_WITHIN = ANSWERS_WITHIN = 60  # seconds
# What a new profile has none of. It answers with the parts that failed, as bits.
FORGET = """
    const [done] = arguments;
    Services.clearData.deleteData(
        Ci.nsIClearDataService.CLEAR_ALL, { onDataDeleted: done }
    );
"""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's name of a reference
# It asks nobody outside, and plays without a click.
PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "toolkit.telemetry.enabled": False,
}


def find_firefox() -> str | None:
    """Return the path of Firefox; None without one."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Firefox:
    """A browser of its own, with a profile that is thrown away."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._number = 0
        self._receive()  # it introduces itself
        self.version = self.ask("WebDriver:NewSession")["capabilities"][
            "browserVersion"
        ]

    def ask(self, command: str, **parameters: Any) -> Any:
        """Send a command of WebDriver, and return its answer.

        Raises:
            RuntimeError: it failed.
        """
        self._number += 1
        frame = json.dumps([0, self._number, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(frame), frame))
        _, _, error, result = self._receive()
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        is_value = isinstance(result, dict) and set(result) == {"value"}
        return result["value"] if is_value else result

    def _receive(self) -> Any:
        digits = b""
        while (sign := self._stream.read(1)) != b":":
            if not sign:
                raise RuntimeError("Firefox ended.")
            digits += sign
        return json.loads(self._stream.read(int(digits)))

    def open(self, address: str) -> None:
        self.ask("WebDriver:Navigate", url=address)

    def open_tab(self) -> int:
        """Open a tab, and return its number."""
        self.ask("WebDriver:NewWindow", type="tab")
        tabs = len(self.ask("WebDriver:GetWindowHandles"))
        self.go_to_tab(tabs - 1)
        return tabs - 1

    def go_to_tab(self, number: int) -> None:
        handles = self.ask("WebDriver:GetWindowHandles")
        self.ask("WebDriver:SwitchToWindow", handle=handles[number])

    def fill(self, selector: str, text: str) -> None:
        place = self._find(selector)
        self.ask("WebDriver:ElementClear", id=place)
        self.ask("WebDriver:ElementSendKeys", id=place, text=text)

    def submit(self, selector: str) -> None:
        """Press the button of a form, and wait for the page that follows."""
        self.ask("WebDriver:ElementClick", id=self._find(selector))

    def back(self) -> None:
        self.ask("WebDriver:Back")

    def run(self, script: str) -> Any:
        """Return what a function of this body returns."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=[])

    def cookies(self) -> set[str]:
        return {one["name"] for one in self.ask("WebDriver:GetCookies")}

    def forget(self) -> None:
        """Close all tabs but a new one, and forget each page, cookie and kept answer.

        Raises:
            RuntimeError: something of it is still there.
        """
        before = self.ask("WebDriver:GetWindowHandles")
        new = self.ask("WebDriver:NewWindow", type="tab")["handle"]
        for handle in before:
            self.ask("WebDriver:SwitchToWindow", handle=handle)
            self.ask("WebDriver:CloseWindow")
        self.ask("WebDriver:SwitchToWindow", handle=new)
        self.ask("Marionette:SetContext", value="chrome")
        failed = self.ask("WebDriver:ExecuteAsyncScript", script=FORGET, args=[])
        self.ask("Marionette:SetContext", value="content")
        if failed:
            raise RuntimeError(f"Firefox could not forget all: {failed}")

    def _find(self, selector: str) -> str:
        using = {"using": "css selector", "value": selector}
        return str(self.ask("WebDriver:FindElement", **using)[ELEMENT])


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Run a browser for the block.

    Raises:
        FileNotFoundError: there is none.
    """
    program = find_firefox()
    if program is None:
        raise FileNotFoundError(
            "There is no Firefox; on Debian: apt install firefox-esr"
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        port = free_port()
        lines = {**PREFERENCES, "marionette.port": port}
        Path(folder, "user.js").write_text(
            "".join(f'user_pref("{k}", {json.dumps(v)});\n' for k, v in lines.items())
        )
        process = subprocess.Popen(  # noqa: S603
            [program, *ARGUMENTS, "--profile", folder],
            env={**os.environ, "HOME": folder, "MOZ_CRASHREPORTER_DISABLE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: _listens(port, process), STARTS_WITHIN, what="it listens")
            address = ("127.0.0.1", port)
            with socket.create_connection(address, ANSWERS_WITHIN) as connection:
                browser = Firefox(connection)
                yield browser
                browser.ask("Marionette:Quit", flags=["eForceQuit"])
                process.wait(STARTS_WITHIN)
        finally:
            process.kill()
            process.wait()


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError("Firefox ended.")
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False
