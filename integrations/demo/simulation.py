"""Simulating a call from its script: who spoke when, how long it took, what the tools
returned. The result is what LiveKit's SDK would have kept, with seconds from the
start."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from random import Random
from string import Template
from typing import Any

from integrations.demo.agents import BILLING_PROMPT, Agent
from integrations.demo.fillers import Language
from integrations.demo.script import Kind, Step

Item = dict[str, Any]

INTERRUPTED_SHARE = 0.09
SLOW_SHARE = 0.035
SPOKEN = ("started_speaking_at", "stopped_speaking_at")


class Simulation:
    """One call that is simulated.

    items: of LiveKit's chat history, in the order in which they happened.
    clock: seconds since the start. ended_reason: empty where the script names none.
    """

    def __init__(
        self,
        *,
        agent: Agent,
        language: Language,
        words: Mapping[str, str],
        random: Random,
    ) -> None:
        self.agent = agent
        self.language = language
        self.words = words
        self.random = random
        self.items: list[Item] = []
        self.clock = random.uniform(0.05, 0.2)
        self.current_agent = agent.external_id
        self.caller_ended_at: float | None = None
        self.open_calls: deque[Item] = deque()
        self.ended_reason = ""
        self._handoff(None, agent.external_id, agent.prompt, agent.tools)
        self.clock += random.uniform(0.4, 1.2)

    def run(self, steps: Iterable[Step]) -> None:
        """Simulate the steps, one after the other."""
        script = list(steps)
        following = [*script, None][1:]
        for step, after in zip(script, following, strict=True):
            self._run_step(step, after)

    def _run_step(self, step: Step, after: Step | None) -> None:
        text = Template(step.text).substitute(self.words)
        match step.kind:
            case Kind.AGENT:
                self._agent(text, is_before_caller(after))
            case Kind.CALLER:
                self._caller(text)
            case Kind.CALL:
                self._call(text)
            case Kind.RESULT | Kind.ERROR:
                self._answer(text, is_error=step.kind is Kind.ERROR)
            case Kind.HANDOFF:
                self._hand_over(text)
            case Kind.CONFIG:
                self._add("agent_config_update", instructions=text)
            case Kind.PAUSE:
                self.clock += float(text)
            case Kind.END:
                self.ended_reason = text

    def _agent(self, text: str, may_be_interrupted: bool) -> None:
        llm_seconds = self._spread(0.42, 0.35)
        tts_seconds = self._spread(0.17, 0.3)
        metrics = {
            "llm_node_ttft": round(llm_seconds, 4),
            "llm_node_tps": round(self.random.uniform(38, 120), 1),
            "tts_node_ttfb": round(tts_seconds, 4),
            "playback_latency": round(self.random.uniform(0.01, 0.06), 4),
        }
        self.clock += llm_seconds + tts_seconds + self.random.uniform(0.25, 0.7)
        if self.random.random() < SLOW_SHARE:
            self.clock += self.random.uniform(1.5, 6.5)
        if self.caller_ended_at is not None:
            metrics["e2e_latency"] = round(self.clock - self.caller_ended_at, 4)
            self.caller_ended_at = None
        interrupted = (
            may_be_interrupted
            and len(text) > 60
            and self.random.random() < INTERRUPTED_SHARE
        )
        if interrupted:
            text = self._cut(text)
        self._speak("assistant", text, metrics, interrupted)

    def _caller(self, text: str) -> None:
        self.clock += self.random.uniform(0.2, 1.6)
        delay = self._spread(0.18, 0.3)
        metrics = {
            "transcription_delay": round(delay, 4),
            "end_of_turn_delay": round(delay + self.random.uniform(0.2, 0.5), 4),
        }
        self._speak("user", text, metrics, interrupted=False)
        self.caller_ended_at = self.clock

    def _speak(
        self, role: str, text: str, metrics: dict[str, Any], interrupted: bool
    ) -> None:
        started = self.clock
        self.clock += 0.3 + len(text) / self.language.rate * self.random.uniform(
            0.9, 1.2
        )
        self._add(
            "message",
            role=role,
            content=[text],
            interrupted=interrupted,
            metrics=metrics | dict(zip(SPOKEN, (started, self.clock), strict=True)),
            created_at=started if role == "assistant" else self.clock,
        )

    def _cut(self, text: str) -> str:
        kept = int(len(text) * self.random.uniform(0.35, 0.7))
        space = text.find(" ", kept)
        return text[: space if space > 0 else kept].rstrip(" ,.;:")

    def _call(self, text: str) -> None:
        self.clock += self._spread(0.5, 0.3)
        name, _, arguments = text.partition(" ")
        self.open_calls.append(
            self._add(
                "function_call",
                call_id=f"call_{self._hex(12)}",
                name=name,
                arguments=arguments,
            )
        )

    def _answer(self, text: str, *, is_error: bool) -> None:
        call = self.open_calls.popleft()
        slow = "timed out" in text or "timeout" in text
        self.clock += self._spread(8.0 if slow else 0.7, 0.05 if slow else 0.6)
        self._add(
            "function_call_output",
            call_id=call["call_id"],
            name=call["name"],
            output=text,
            is_error=is_error,
        )

    def _hand_over(self, to: str) -> None:
        if to == self.current_agent:
            return
        self._call(f"to_{to} {{}}")
        self._answer("", is_error=False)
        self._handoff(self.current_agent, to, BILLING_PROMPT, ())
        self.current_agent = to

    def _handoff(
        self, old: str | None, new: str, prompt: str, tools: tuple[str, ...]
    ) -> None:
        names = {"new_agent_id": new} | ({"old_agent_id": old} if old else {})
        self._add("agent_handoff", **names)
        self.clock += 0.002
        if prompt:
            self._add(
                "agent_config_update", instructions=prompt, tools_added=list(tools)
            )

    def _add(self, kind: str, **fields: Any) -> Item:
        fields.setdefault("created_at", self.clock)
        item = {"id": f"item_{self._hex(12)}", "type": kind, **fields}
        self.items.append(item)
        return item

    def _spread(self, median: float, sigma: float) -> float:
        """Return random seconds around `median`: never negative, with a long tail."""
        return self.random.lognormvariate(math.log(median), sigma)

    def _hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"


def is_before_caller(after: Step | None) -> bool:
    """Return whether the next step is the caller's."""
    return after is not None and after.kind is Kind.CALLER


def at(items: Iterable[Item], start: float) -> list[Item]:
    """Return the items with Unix times, for a session that started at `start`."""
    return [_moved(item, start) for item in items]


def _moved(item: Item, start: float) -> Item:
    moved = item | {"created_at": round(start + item["created_at"], 4)}
    if metrics := item.get("metrics"):
        times = {name: round(start + metrics[name], 4) for name in SPOKEN}
        moved["metrics"] = metrics | times
    return moved
