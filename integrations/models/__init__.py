"""The tables of this app: delivery log, connections, agents' workers, counts by minute,
operation.
"""

from integrations.models.agent_worker import AgentWorker
from integrations.models.connection import Connection, MinuteTally
from integrations.models.delivery import Delivery
from integrations.models.livekit_call import LiveKitCall
from integrations.models.operation import RunningTotal, WorkerPulse

__all__ = [
    "AgentWorker",
    "Connection",
    "Delivery",
    "LiveKitCall",
    "MinuteTally",
    "RunningTotal",
    "WorkerPulse",
]
