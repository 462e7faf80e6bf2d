"""The tables of this app: delivery log, connections, counts by minute, operation."""

from integrations.models.connection import Connection, MinuteTally
from integrations.models.delivery import Delivery
from integrations.models.livekit_call import LiveKitCall
from integrations.models.operation import RunningTotal, WorkerPulse

__all__ = [
    "Connection",
    "Delivery",
    "LiveKitCall",
    "MinuteTally",
    "RunningTotal",
    "WorkerPulse",
]
