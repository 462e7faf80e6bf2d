"""What else goes when a conversation is erased: higher layers hand it in."""

from __future__ import annotations

from collections.abc import Callable

from conversations.models import Conversation

EraseToo = Callable[[Conversation], None]
_erase_too: list[EraseToo] = []


def provide_erasure(erase: EraseToo) -> None:
    """Have this called with each conversation that is erased, before it goes and in the
    same transaction.
    """
    if erase not in _erase_too:
        _erase_too.append(erase)


def erase_others(conversation: Conversation) -> None:
    """Erase what higher layers have of a conversation."""
    for erase in _erase_too:
        erase(conversation)
