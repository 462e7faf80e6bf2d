"""Name what an operator reads where Zelto cannot start, run or stop."""


class StartupError(Exception):
    """Say in sentences what is wrong, and what the operator can do."""
