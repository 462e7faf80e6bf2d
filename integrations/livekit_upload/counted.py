"""What an upload brings that is counted and not kept, as the delivery log says it."""

LOG_LINES = "Lines of the worker's own log: counted, not kept."
METRICS = "Metrics: counted, not kept."
