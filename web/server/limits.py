"""How many threads, bytes and seconds a process of the web server has."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one process; `threads` and `max_body_bytes` are settings.

    threads: for requests that are worked on at the same time. An answer that lasts has
        a thread beside these, see `web/long_answers.py`.
    max_body_bytes: of a body that is taken in before a thread is given to it.
    memory_body_bytes: what is longer lies in a file meanwhile.
    usual_body_bytes, usual_packed_bytes: a post that is longer, as sent or compressed, is
        read when no other such is.
    all_bodies_bytes: of all bodies that are longer than `memory_body_bytes`, together.
    all_answers_bytes: of all answers that are longer than `memory_body_bytes` and lie in
        files until their readers have taken them, together.
    max_waiting: requests without a thread yet; of one caller, a quarter.
    wait_seconds: how long a request waits for a thread.
    body_grace_seconds, min_body_rate: a body that has not come after the grace and the
        time that this rate (bytes a second) gives it has come too slowly.
    """

    threads: int
    max_body_bytes: int
    memory_body_bytes: int = 256 * KIB
    usual_body_bytes: int = 64 * KIB
    usual_packed_bytes: int = 8 * KIB
    all_bodies_bytes: int = 512 * MIB
    all_answers_bytes: int = 1024 * MIB
    max_waiting: int = 512
    wait_seconds: float = 30.0
    body_grace_seconds: float = 10.0
    min_body_rate: int = 16 * KIB

    @property
    def max_waiting_of_a_caller(self) -> int:
        """Return how many requests of one caller may wait for a thread."""
        return self.max_waiting // 4

    def body_seconds(self, received: int) -> float:
        """Return how long after its begin a body of so many bytes may still arrive."""
        return self.body_grace_seconds + received / self.min_body_rate
