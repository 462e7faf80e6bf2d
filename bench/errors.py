"""Name what stops the bench."""


class BenchError(Exception):
    """Say in a sentence why nothing can be measured, or not this."""
