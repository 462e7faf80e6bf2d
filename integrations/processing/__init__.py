"""From the delivery log to conversations: the worker, replay, rebuild."""
