"""The agents of an invented shop: what they say, when they work, how they post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from conversations.providers import Provider
from integrations.demo import weeks
from integrations.demo.dialogues import (
    appointments,
    arabic,
    around_the_clock,
    front_desk,
    german,
    japanese,
    order_support,
    spanish,
    survey,
)
from integrations.demo.script import Talk
from integrations.demo.weeks import Hours


class Shape(Enum):
    """How the worker of an agent writes its posts."""

    CANONICAL = "the canonical body"
    REPORT_INSIDE = "call and agent, with LiveKit's session report"
    REPORT = "LiveKit's session report as the whole body"
    ITEMS = "call and agent, with the items of LiveKit's chat context"
    SMALLEST = "ids and turns, nothing else"
    OFFSETS = "the canonical body of a dialler that knows no wall clock"


@dataclass(frozen=True)
class Agent:
    """An invented agent.

    share: of a hundred sessions. talks: by language. languages: weights of these.
    versions: (since how many days ago, version), newest first.
    from_day, until_day: days ago between which its sessions ended.
    """

    external_id: str
    name: str
    provider: str
    shape: Shape
    share: int
    hours: Hours
    talks: Mapping[str, Talk]
    prompt: str
    versions: tuple[tuple[float, str], ...] = ()
    languages: Mapping[str, int] = field(default_factory=lambda: {"en": 1})
    most_topics: int = 2
    model: str = "meadow-mini"
    user_agent: str = "Python/3.11 aiohttp/3.13.2"
    tools: tuple[str, ...] = ()
    from_day: float = 28
    until_day: float = 0

    def version(self, days_ago: float) -> str:
        """Return the version that it had so many days ago; empty where it has none."""
        for since, version in self.versions:
            if days_ago <= since:
                return version
        return self.versions[-1][1] if self.versions else ""


FRONT_DESK = Agent(
    external_id="front-desk",
    name="Front desk",
    provider=Provider.LIVEKIT.value,
    shape=Shape.CANONICAL,
    share=30,
    hours=weeks.OFFICE,
    talks={
        "en": front_desk.ENGLISH,
        "de": german.FRONT_DESK,
        "es": spanish.FRONT_DESK,
        "ar": arabic.FRONT_DESK,
        "ja": japanese.FRONT_DESK,
    },
    languages={"en": 60, "de": 15, "es": 12, "ar": 7, "ja": 6},
    most_topics=3,
    versions=((3, "3.3.0"), (12, "3.2.1"), (19, "3.2.0"), (99, "3.1.4")),
    tools=("find_invoice", "gift_card_balance", "check_stock", "to_billing"),
    prompt=(
        "You are the voice at the front desk of Larkspur Outdoors, a shop for bicycles"
        " and camping gear.\nAnswer in the caller's language, in one or two short"
        " sentences, without lists.\n\nOpening hours: Monday to Friday 9 to 19, Saturday"
        " 10 to 16; the workshop until 17, not on Saturdays.\nInvoices and payments: hand"
        " over to billing.\nNever promise a price or a delivery date. If a caller asks"
        " for a person, take a message with name and number."
    ),
)

ORDER_SUPPORT = Agent(
    external_id="order-support",
    name="Order support",
    provider=Provider.LIVEKIT.value,
    shape=Shape.REPORT_INSIDE,
    share=27,
    hours=weeks.SHOP,
    talks={
        "en": order_support.ENGLISH,
        "de": german.ORDER_SUPPORT,
        "es": spanish.ORDER_SUPPORT,
        "ar": arabic.ORDER_SUPPORT,
        "ja": japanese.ORDER_SUPPORT,
    },
    languages={"en": 66, "de": 14, "es": 10, "ar": 5, "ja": 5},
    most_topics=3,
    model="meadow-large",
    versions=((6, "build-1192"), (15, "build-1187"), (99, "build-1170")),
    tools=("lookup_order", "refund_order", "change_address", "to_billing"),
    prompt=(
        "You are Mia, who helps customers of Larkspur Outdoors with their orders.\nLook an"
        " order up before you say anything about it. Refund only what lookup_order calls"
        " refundable, and repeat the amount before you do.\nIf a tool fails, say so in"
        " plain words and try once more; after a second failure offer a call back.\nDouble"
        " charges: hand over to billing."
    ),
)

APPOINTMENTS = Agent(
    external_id="appointment-booking",
    name="Appointment booking",
    provider=Provider.LIVEKIT.value,
    shape=Shape.REPORT,
    share=17,
    hours=weeks.OFFICE,
    talks={"en": appointments.ENGLISH},
    versions=((9, "2.0.0"), (99, "1.9.3")),
    tools=("find_slot", "book_slot", "move_booking", "cancel_booking"),
    prompt=(
        "You book appointments for the workshop of Larkspur Outdoors.\nOffer at most two"
        " slots at a time. Book only after the caller has agreed to one, then repeat day"
        " and time. If find_slot returns nothing, offer the waiting list."
    ),
)

SURVEY_CALLER = Agent(
    external_id="survey-caller",
    name="Survey caller",
    provider=Provider.ZELTO.value,
    shape=Shape.OFFSETS,
    share=13,
    hours=weeks.AFTERNOON,
    talks={"en": survey.ENGLISH},
    most_topics=1,
    versions=((14, "spring-2"), (99, "spring-1")),
    user_agent="node",
    prompt=(
        "You call customers of Larkspur Outdoors with three short questions about their"
        " last purchase. Stop at once when somebody does not want to take part, and"
        " say that you are an automated call when asked."
    ),
)

NIGHT_LINE = Agent(
    external_id="night-line",
    name="Night line",
    provider=Provider.LIVEKIT.value,
    shape=Shape.ITEMS,
    share=6,
    hours=weeks.NIGHT,
    talks={"en": around_the_clock.NIGHT_LINE},
    versions=((99, "0.8.2"),),
    tools=("open_locker", "end_rental", "send_taxi", "call_security"),
    prompt=(
        "You are the night line of Larkspur Outdoors. First find out whether anybody is"
        " in danger; if so, tell them to call the emergency number. Otherwise help with"
        " parcel lockers and rental bikes."
    ),
    # Its worker was switched off, and nobody noticed.
    until_day=9,
)

RETURNS_DESK = Agent(
    external_id="returns-desk",
    name="Returns desk",
    provider=Provider.LIVEKIT.value,
    shape=Shape.CANONICAL,
    share=5,
    hours=weeks.OFFICE,
    talks={"en": around_the_clock.RETURNS_DESK},
    versions=((2, "1.5.0"), (99, "1.4.2")),
    tools=("start_return", "find_return", "check_stock"),
    prompt="You help customers of Larkspur Outdoors to send something back.",
    # From then on its new build sends a role that does not exist: see refusals.
    until_day=2,
)

WAREHOUSE = Agent(
    external_id="warehouse-hotline",
    name="",
    provider=Provider.LIVEKIT.value,
    shape=Shape.SMALLEST,
    share=2,
    hours=weeks.EARLY,
    talks={"en": around_the_clock.WAREHOUSE},
    most_topics=1,
    prompt="",
)

AGENTS = (
    FRONT_DESK,
    ORDER_SUPPORT,
    APPOINTMENTS,
    SURVEY_CALLER,
    NIGHT_LINE,
    RETURNS_DESK,
    WAREHOUSE,
)

BILLING_PROMPT = (
    "You are billing at Larkspur Outdoors. You see invoices and payments, and you are"
    " careful with both."
)


def agent_slots() -> list[Agent]:
    """Return a hundred agents in which each has its share, spread evenly."""
    owed = dict.fromkeys(range(len(AGENTS)), 0)
    slots = []
    for _ in range(sum(agent.share for agent in AGENTS)):
        for index, agent in enumerate(AGENTS):
            owed[index] += agent.share
        most = max(owed, key=owed.__getitem__)
        owed[most] -= sum(agent.share for agent in AGENTS)
        slots.append(AGENTS[most])
    return slots
