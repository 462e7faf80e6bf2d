"""Ends the connections of clients that take nothing of what they are sent.

A thread that waits for its reader is blocked in the web server, and nothing that Python
does in another thread gets it out. But the kernel ends a connection of which something
waits to be taken and nothing was for `TCP_USER_TIMEOUT`; then the server drops the
answer and closes its body. It also probes idle clients, so that one whose machine is
gone does not hold an answer or an upload.

Accepted sockets inherit the options of the listening one, so that one is set.

Only Linux has `TCP_USER_TIMEOUT`; elsewhere a reader who is there and takes nothing is
waited for. On no system does this end a reader who takes a little now and then, or a
sender who stops in the middle of a body and stays.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psutil

STALLED_SECONDS = 60
# An idle client is probed so often, and is gone after so many probes without answer.
PROBE_SECONDS = 10
PROBES = 3

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def ended_when_stalled(application: Application) -> Application:
    """Return the WSGI application, which on its first request sets the timeouts of this
    process's sockets: granian listens only after it has loaded the application.
    """
    first = threading.Lock()

    def answer(
        environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        if first.acquire(blocking=False):
            end_stalled(sockets_of_server())
        return application(environ, start_response)

    return answer


def sockets_of_server() -> list[int]:
    """Return the descriptors on which this process listens, then those of the clients
    that it has accepted on the same ports.
    """
    ours = psutil.Process().net_connections("tcp")
    listening = [one for one in ours if one.status == psutil.CONN_LISTEN]
    ports = {one.laddr.port for one in listening}
    accepted = [
        one
        for one in ours
        if one.status == psutil.CONN_ESTABLISHED and one.laddr.port in ports
    ]
    return [one.fd for one in (*listening, *accepted)]


def end_stalled(descriptors: Iterable[int], seconds: int = STALLED_SECONDS) -> None:
    """Have the kernel end connections on these sockets, and those that they accept,
    where the other side takes nothing for `seconds` or is gone.
    """
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_USER_TIMEOUT", seconds * 1000),
        ("TCP_KEEPIDLE", seconds),
        ("TCP_KEEPINTVL", PROBE_SECONDS),
        ("TCP_KEEPCNT", PROBES),
    ):
        if hasattr(socket, name):  # which of them there are differs between systems
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    for descriptor in descriptors:
        try:
            with socket.socket(fileno=os.dup(descriptor)) as one:
                for option in options:
                    one.setsockopt(*option)
        except OSError:
            continue  # its client went meanwhile
