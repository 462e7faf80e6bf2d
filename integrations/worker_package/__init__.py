"""The package for LiveKit workers, as the wheel that this instance serves."""
