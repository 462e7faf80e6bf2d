"""What stops the bench."""


class BenchError(Exception):
    """Nothing can be measured, or not this; the text says why."""
