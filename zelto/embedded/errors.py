class Trouble(Exception):
    """Its text is what the operator reads: sentences that say what to do."""
