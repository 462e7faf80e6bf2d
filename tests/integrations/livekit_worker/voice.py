"""A caller and an agent that are heard: tones for both voices, in real time.

What the SDK records of it is made by the SDK itself. The microphone plays a tone for each
line that the caller says; the recognizer hears where a tone ends and knows the line.
"""

from __future__ import annotations

import array
import asyncio
import math
import time
from collections import deque
from typing import Any

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    AgentSession,
    APIConnectOptions,
    stt,
    tts,
)
from livekit.agents.voice import io
from scripted_agent import ScriptedModel

RATE = 24_000  # samples a second
FRAME_SECONDS = 0.02
CALLER_HERTZ, AGENT_HERTZ = 440, 880
LINE_SECONDS = 0.4
WORD_SECONDS = 0.1
LINES = ("hello", "where is my order?", "thanks, bye")
HEARD = stt.SpeechEventType
SILENCE = bytes(2 * round(RATE * FRAME_SECONDS))


def tone(hertz: int, seconds: float) -> bytes:
    """Samples of 16 bits."""
    return array.array(
        "h",
        (
            round(12_000 * math.sin(2 * math.pi * hertz * number / RATE))
            for number in range(round(RATE * seconds))
        ),
    ).tobytes()


class Microphone(io.AudioInput):
    """Frames at the pace of a clock: silence, or what the caller says."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self.said: deque[str] = deque()
        self._left = b""
        self._due = 0.0

    def say(self, line: str) -> None:
        self.said.append(line)
        self._left += tone(CALLER_HERTZ, LINE_SECONDS)

    async def __anext__(self) -> rtc.AudioFrame:
        now = time.monotonic()
        self._due = (self._due or now) + FRAME_SECONDS
        await asyncio.sleep(self._due - now)
        data = self._left[: len(SILENCE)] or SILENCE
        self._left = self._left[len(data) :]
        return rtc.AudioFrame(data, RATE, 1, len(data) // 2)


class Speaker(io.AudioOutput):
    """Plays what it is given for as long as that takes."""

    def __init__(self) -> None:
        capabilities = io.AudioOutputCapabilities(pause=False)
        super().__init__(label="speaker", capabilities=capabilities, sample_rate=RATE)
        self._seconds = 0.0
        self._began = 0.0
        self._playing: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._seconds:
            self._began = time.time()
            self.on_playback_started(created_at=self._began)
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._seconds:
            self._playing = asyncio.create_task(self._play(self._seconds))
            self._seconds = 0.0

    def clear_buffer(self) -> None:
        pass  # nobody interrupts

    async def _play(self, seconds: float) -> None:
        await asyncio.sleep(self._began + seconds - time.time())
        self.on_playback_finished(playback_position=seconds, interrupted=False)


class Ears(stt.STT):
    def __init__(self, microphone: Microphone) -> None:
        capabilities = stt.STTCapabilities(streaming=True, interim_results=False)
        super().__init__(capabilities=capabilities)
        self.microphone = microphone

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self,
        *,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> Listening:
        return Listening(stt=self, conn_options=conn_options)


class Listening(stt.RecognizeStream):
    async def _run(self) -> None:
        is_speaking = False
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                continue
            is_loud = any(bytes(frame.data))
            if is_loud and not is_speaking:
                self._tell(HEARD.START_OF_SPEECH)
            elif is_speaking and not is_loud:
                self._tell(HEARD.FINAL_TRANSCRIPT, self._stt.microphone.said.popleft())
                self._tell(HEARD.END_OF_SPEECH)
            is_speaking = is_loud

    def _tell(self, kind: stt.SpeechEventType, text: str = "") -> None:
        heard = [stt.SpeechData(language="en", text=text, confidence=0.9)]
        event = stt.SpeechEvent(type=kind, alternatives=heard if text else [])
        self._event_ch.send_nowait(event)


class Voice(tts.TTS):
    def __init__(self) -> None:
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=RATE, num_channels=1)

    def synthesize(
        self,
        text: str,
        *,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> Spoken:
        return Spoken(tts=self, input_text=text, conn_options=conn_options)


class Spoken(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="spoken",
            sample_rate=RATE,
            num_channels=1,
            mime_type="audio/pcm",
        )
        seconds = WORD_SECONDS * len(self.input_text.split())
        output_emitter.push(tone(AGENT_HERTZ, seconds))
        output_emitter.flush()


def voice_session() -> tuple[AgentSession[None], Microphone]:
    """Return a session with a voice, before it has started, and where to speak."""
    microphone = Microphone()
    session = AgentSession[None](
        llm=ScriptedModel(),
        stt=Ears(microphone),
        tts=Voice(),
        vad=None,
        session_close_transcript_timeout=0.1,  # nobody is speaking any more then
        turn_handling={
            "turn_detection": "stt",
            "endpointing": {"min_delay": 0.1, "max_delay": 1.0},
        },
    )
    session.input.audio = microphone
    session.output.audio = Speaker()
    return session, microphone


async def hold(session: AgentSession[None], microphone: Microphone) -> None:
    """Have the caller say each line, once the agent has answered the one before."""
    answered = asyncio.Event()

    def note(event: Any) -> None:
        if getattr(event.item, "role", "") == "assistant":
            answered.set()

    session.on("conversation_item_added", note)
    for line in LINES:
        answered.clear()
        microphone.say(line)
        await answered.wait()
