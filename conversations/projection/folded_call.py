"""What a run of updates of one call comes to, folded one by one."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from conversations.models import Conversation
from conversations.projection import fold
from conversations.projection.agent_lookup import AgentKey, Named
from conversations.projection.fold import CallState, Remark
from conversations.projection.logged_update import LoggedUpdate
from conversations.recordings.fetch_queue import NamedRecording


@dataclass(slots=True)
class FoldedCall:
    """All that is kept of updates when their bodies are let go.

    first, through: sequences of the first and the last one; 0 where there was none.
    named_first, named_at: the first that names an agent, and when it arrived. agent: of
        the last that does; it may be a guess.
    agents: all that are named. named: of the new ones, how each names its agent.
    has_recording: a new one names a recording, or says why there is none. received: the
        files that came with new ones. guesses: agents that were only guessed.
    """

    state: CallState
    first: int = 0
    through: int = 0
    received_at: datetime | None = None
    named_at: datetime | None = None
    agent: AgentKey | None = None
    agents: set[AgentKey] = field(default_factory=set)
    named: list[Named] = field(default_factory=list)
    has_recording: bool = False
    received: list[str] = field(default_factory=list)
    warnings: dict[int, list[Remark]] = field(default_factory=dict)
    named_first: int = 0
    agent_guess: int = 0
    guesses: set[AgentKey] = field(default_factory=set)

    def recording_of(self, conversation: Conversation) -> NamedRecording:
        """Return what the new ones say of the recording of their conversation."""
        state = self.state
        return NamedRecording(
            conversation,
            file=state.received_audio,
            lost=state.lost_audio,
            others=frozenset(self.received) - {state.received_audio or ""},
        )

    def note_place(self, one: LoggedUpdate) -> None:
        """Note where in the log the update is: pieces are not folded in its order."""
        self.first = min(self.first or one.sequence, one.sequence)
        if one.sequence > self.through:
            self.through, self.received_at = one.sequence, one.received_at

    def note_agent(
        self, one: LoggedUpdate, agent: AgentKey, *, is_late: bool, is_new: bool
    ) -> None:
        """Note who took the call; a guess counts only where nobody else says it."""
        if not self.named_first or one.sequence < self.named_first:
            self.named_first, self.named_at = one.sequence, one.received_at
        guess = one.update.agent_guess
        if guess:
            self.guesses.add(agent)
            if self.agent is not None and guess >= self.agent_guess:
                return
        if self.agent_guess and self.agent != agent:
            self.agents.discard(self.agent)
            self.named = [other for other in self.named if other.key != self.agent]
        self.agent_guess = guess
        self.agent = self.agent if is_late else agent
        self.agents.add(agent)
        if is_new:
            self.named.append(Named(one.sequence, agent, one.update.agent.name))


def fold_updates(
    state: CallState,
    updates: Iterable[LoggedUpdate],
    *,
    new: Container[int] | None = None,
    behind: int = 0,
) -> FoldedCall:
    """Return what these updates come to on top of a state; each is held only while it is
    applied.

    new: sequences of those that were not stored before; None for all.
    behind: what has no later sequence than this comes behind something newer that the
        state holds, and must put nothing old over it.
    """
    folded = FoldedCall(state)
    for one in updates:
        is_late = one.sequence <= behind
        step = fold.fill if is_late else fold.apply
        folded.state, remarks = step(folded.state, one.update)
        if remarks:
            folded.warnings[one.sequence] = remarks
        folded.note_place(one)
        is_new = new is None or one.sequence in new
        update = one.update
        if is_new and (
            update.recording_url or update.received_audio or update.lost_audio
        ):
            folded.has_recording = True
        if is_new and update.received_audio:
            folded.received.append(update.received_audio)
        if (agent := one.agent) is not None:
            folded.note_agent(one, agent, is_late=is_late, is_new=is_new)
    return folded
