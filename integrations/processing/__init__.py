"""From the delivery log to conversations: the worker, replay of a delivery, rebuild of all."""
