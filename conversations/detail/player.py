"""What the page of a conversation shows of its recording: its state, and all that its
player needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models.leased_job import LeasedJob
from conversations.detail.channel_names import ChannelBasis, names_of_channels
from conversations.detail.turn_alignment import Alignment, Basis, align_turns
from conversations.models import Conversation, Recording, Transcript, Transcription
from conversations.recordings.files import sha256_of
from conversations.transcription.status import TranscriptionStatus, transcription_status
from conversations.turn_values import number_of

LANES = 2
# A bar takes three pixels of a wave that is some eight hundred wide.
MAX_PEAKS = 300
# More of those that come first are not counted.
MAX_AHEAD = 100
KINDS = {"silence": "Silence", "talk_over": "Both at once"}
# What counts as work under way, and as work that stopped.
AT_WORK = frozenset({Recording.State.WAITING, Recording.State.RUNNING})


@dataclass(frozen=True, slots=True)
class AudioEvent:
    """A silence, or a moment when both speak; start and end in seconds."""

    kind: str
    start: float
    end: float

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Player:
    """All that the player of a stored recording is drawn from.

    version: of the file. lanes: a name for each channel, and lanes_basis how it is
    known.
    start_at: the second that the address names.
    """

    recording: Recording
    version: str
    lanes: Sequence[str]
    lanes_basis: ChannelBasis
    placing: Alignment
    marks: Sequence[AudioEvent]
    start_at: float

    @property
    def is_stereo(self) -> bool:
        return len(self.lanes) == LANES

    @property
    def peaks(self) -> str:
        lanes = [_fewer(lane) for lane in self.recording.peaks[:LANES]]
        return json.dumps(lanes, separators=(",", ":"))

    @property
    def silences(self) -> list[AudioEvent]:
        return [mark for mark in self.marks if mark.kind == "silence"]

    @property
    def talk_overs(self) -> list[AudioEvent]:
        return [mark for mark in self.marks if mark.kind == "talk_over"]

    @property
    def is_approximate(self) -> bool:
        return self.placing.basis is Basis.CALL_START

    @property
    def has_no_places(self) -> bool:
        return self.placing.basis is Basis.NOTHING


@dataclass(frozen=True, slots=True)
class RecordingPanel:
    """What there is to play of a conversation, and what is being done about it."""

    recording: Recording | None = None
    transcription: Transcription | None = None
    player: Player | None = None
    status: TranscriptionStatus | None = None
    # What comes before it, in words; empty where it is next, or is no longer waiting.
    ahead: str = ""
    transcription_ahead: str = ""

    @property
    def is_at_work(self) -> bool:
        """Return whether it will change by itself."""
        jobs = (self.recording, self.transcription)
        return any(job is not None and job.state in AT_WORK for job in jobs)


def recording_panel(
    conversation: Conversation,
    transcript: Transcript | None,
    turns: Sequence[Mapping[str, Any]] = (),
    *,
    start_at: float = 0.0,
) -> RecordingPanel:
    """Return what the page shows of a conversation's recording.

    conversation: read with its recording. turns: who spoke when, of each turn.
    """
    recording = conversation.recording_or_none
    if recording is None:
        return RecordingPanel()
    recording.conversation = conversation
    job = Transcription.objects.filter(conversation=conversation).first()
    return RecordingPanel(
        recording,
        job,
        _player(recording, turns, start_at) if recording.file else None,
        transcription_status(recording, job, transcript),
        ahead=_ahead_of(recording, conversation),
        transcription_ahead=_ahead_of(job, conversation),
    )


def _ahead_of(job: LeasedJob | None, conversation: Conversation) -> str:
    """Return how many jobs come before one that waits for its first try."""
    if job is None or job.state != job.State.WAITING or job.attempts:
        return ""
    count = job.count_ahead(conversation.organization_id, MAX_AHEAD)
    if count >= MAX_AHEAD:
        return f"{MAX_AHEAD} others or more"
    return f"{count} other{'s' if count > 1 else ''}" if count else ""


def _player(
    recording: Recording, turns: Sequence[Mapping[str, Any]], start_at: float
) -> Player:
    conversation = recording.conversation
    length = recording.duration_seconds
    placing = align_turns(
        turns,
        length=length,
        metadata=conversation.metadata,
        call_started_at=conversation.started_at,
    )
    lanes, basis = names_of_channels(
        peaks=recording.peaks,
        length=length or 0.0,
        turns=turns,
        placing=placing,
        metadata=conversation.metadata,
    )
    return Player(
        recording=recording,
        version=sha256_of(recording.file)[:16],
        lanes=lanes,
        lanes_basis=basis,
        placing=placing,
        marks=[
            AudioEvent(one["kind"], one["start"], one["end"]) for one in recording.marks
        ],
        start_at=min(start_at, length or 0.0),
    )


def _fewer(lane: Sequence[int]) -> list[int]:
    """Return as many peaks as there is room to draw; a page need not carry more."""
    each = -(-len(lane) // MAX_PEAKS) or 1
    return [max(lane[start : start + each]) for start in range(0, len(lane), each)]


def second_in(parameters: Mapping[str, Any]) -> float:
    """Return the second that a link opens at, `?t=83`; 0 where it makes no sense."""
    return max(0.0, number_of(parameters.get("t")) or 0.0)
