"""When sessions of agents arrive, what is usual, and how surprising a silence is."""
