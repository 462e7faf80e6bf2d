"""The delivery log: appending, reading, its jobs, positions by time, retention."""
