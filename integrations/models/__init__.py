from integrations.models.connection import Connection, MinuteTally
from integrations.models.delivery import Delivery

__all__ = ["Connection", "Delivery", "MinuteTally"]
