"""What operators need: health probes, metrics, counters, the heartbeat of workers."""
