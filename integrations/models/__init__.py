"""The tables of this app: delivery log, connections, counts by minute, LiveKit's own
events and what they say, operation.
"""

from integrations.models.connection import Connection, MinuteTally
from integrations.models.delivery import Delivery
from integrations.models.expected_session import ExpectedSession, ExpectedSessionTally
from integrations.models.livekit_call import LiveKitCall
from integrations.models.livekit_project import (
    LiveKitCredential,
    LiveKitEvent,
    LiveKitGap,
    LiveKitProject,
)
from integrations.models.livekit_room import LiveKitEgress, LiveKitRoom
from integrations.models.operation import RunningTotal, WorkerPulse

__all__ = [
    "Connection",
    "Delivery",
    "ExpectedSession",
    "ExpectedSessionTally",
    "LiveKitCall",
    "LiveKitCredential",
    "LiveKitEgress",
    "LiveKitEvent",
    "LiveKitGap",
    "LiveKitProject",
    "LiveKitRoom",
    "MinuteTally",
    "RunningTotal",
    "WorkerPulse",
]
