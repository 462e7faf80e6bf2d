from integrations.models.connection import Connection, RefusalTally
from integrations.models.delivery import Delivery

__all__ = ["Connection", "Delivery", "RefusalTally"]
