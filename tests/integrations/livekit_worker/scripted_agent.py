"""A support line whose model follows a script.

It has real agents, tools and sessions of livekit-agents in text mode, without a
network.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    Agent,
    AgentSession,
    APIConnectOptions,
    APIStatusError,
    llm,
)
from livekit.agents.llm import function_tool
from livekit.agents.voice import io

SUPPORT_PROMPT = "You are Northwind's phone support agent."
BILLING_PROMPT = "You handle refunds."
POLICY = [f"Here is detail number {n} about our returns policy. " for n in range(40)]

# What the caller says, and the words or the tool calls that the model answers with.
WORDS: dict[str, list[str]] = {
    "hello": ["Hi, you have reached Northwind support. ", "How can I help?"],
    "ok billing, go ahead": ["Billing here. ", "I can refund that now."],
    "thanks, bye": ["You are welcome. ", "Goodbye!"],
    "Grüße, 你好 👋": ["Grüß Gott! ", "你好 👋"],
}
CALLS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "where is my order?": [("lookup_order", {"order_id": "A-1042"})],
    "where are my two orders?": [
        ("lookup_order", {"order_id": "A-1042"}),
        ("lookup_order", {"order_id": "A-1043"}),
    ],
    "I have a missing order": [("lookup_order", {"order_id": "NOPE"})],
    "I want a refund": [("to_billing", {})],
}
AFTER_TOOLS = {True: "Sorry, I could not look that up.", False: "It ships tomorrow."}
ENDLESS = "tell me the whole policy"
BROKEN = "break the model"


class ScriptedModel(llm.LLM[Any]):
    @property
    def model(self) -> str:
        return "scripted-1"

    @property
    def provider(self) -> str:
        return "scripted"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_options: Any,
    ) -> ScriptedStream:
        return ScriptedStream(
            self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options
        )


class ScriptedStream(llm.LLMStream):
    async def _run(self) -> None:
        kinds = (llm.ChatMessage, llm.FunctionCallOutput)
        last = [item for item in self._chat_ctx.items if isinstance(item, kinds)][-1]
        if isinstance(last, llm.FunctionCallOutput):
            self._say([AFTER_TOOLS[last.is_error]])
            return
        question = last.text_content or ""
        if question == BROKEN:
            raise APIStatusError("the model is gone", status_code=400, retryable=False)
        if question == ENDLESS:
            self._say(POLICY)
            await asyncio.Event().wait()  # until the caller interrupts
        if question in CALLS:
            self._call(CALLS[question])
        else:
            self._say(WORDS[question])

    def _say(self, words: list[str]) -> None:
        for word in words:
            self._send(llm.ChoiceDelta(role="assistant", content=word))
        self._finish(len(words))

    def _call(self, calls: list[tuple[str, dict[str, str]]]) -> None:
        tool_calls = [
            llm.FunctionToolCall(
                name=name,
                arguments=json.dumps(arguments),
                call_id=f"call_{index}_{name}",
            )
            for index, (name, arguments) in enumerate(calls)
        ]
        self._send(llm.ChoiceDelta(role="assistant", tool_calls=tool_calls))
        self._finish(len(calls))

    def _send(self, delta: llm.ChoiceDelta) -> None:
        self._event_ch.send_nowait(llm.ChatChunk(id="scripted", delta=delta))

    def _finish(self, tokens: int) -> None:
        usage = llm.CompletionUsage(
            completion_tokens=tokens, prompt_tokens=10, total_tokens=tokens + 10
        )
        self._event_ch.send_nowait(llm.ChatChunk(id="scripted", usage=usage))


class Billing(Agent):
    def __init__(self) -> None:
        super().__init__(id="billing", instructions=BILLING_PROMPT)


class Support(Agent):
    def __init__(self) -> None:
        super().__init__(id="support", instructions=SUPPORT_PROMPT)

    @function_tool
    async def lookup_order(self, order_id: str) -> dict[str, str]:
        """Looks up an order."""
        if order_id == "NOPE":
            raise llm.ToolError("order service: 404 no such order")
        return {"order_id": order_id, "ships": "tomorrow"}

    @function_tool
    async def to_billing(self) -> Agent:
        """Hands over to billing."""
        return Billing()


class Screen(io.TextOutput):
    """An output for the agent's words; `started` is set at the first of a reply."""

    def __init__(self) -> None:
        super().__init__(label="screen", next_in_chain=None)
        self.started = asyncio.Event()

    async def capture_text(self, text: str) -> None:
        self.started.set()

    def flush(self) -> None:
        pass


Play = Callable[[AgentSession[None]], Awaitable[None]]


def conversation(*said: str) -> Play:
    async def play(session: AgentSession[None]) -> None:
        for words in said:
            await session.run(user_input=words)

    return play


async def interrupted(session: AgentSession[None]) -> None:
    await session.run(user_input="hello")
    screen = Screen()
    session.output.transcription = screen
    reply = session.generate_reply(user_input=ENDLESS)
    await screen.started.wait()
    await session.interrupt()
    await reply
    await session.run(user_input="thanks, bye")


async def model_error(session: AgentSession[None]) -> None:
    """Run until the session gives up on its model and closes itself."""
    closed = asyncio.Event()
    session.on("close", lambda _event: closed.set())
    await session.run(user_input="hello")
    while not closed.is_set():
        reply = session.generate_reply(user_input=BROKEN)
        gone = asyncio.create_task(closed.wait())
        answered = asyncio.create_task(reply.wait_for_playout())
        await asyncio.wait({gone, answered}, return_when=asyncio.FIRST_COMPLETED)


SCENARIOS: dict[str, Play] = {
    "order": conversation("hello", "where is my order?", "thanks, bye"),
    "two_tools": conversation("where are my two orders?", "thanks, bye"),
    "tool_error": conversation("hello", "I have a missing order", "thanks, bye"),
    "handoff": conversation("hello", "I want a refund", "ok billing, go ahead"),
    "interrupted": interrupted,
    "model_error": model_error,
    "unicode": conversation("Grüße, 你好 👋"),
    "empty": conversation(),
}
