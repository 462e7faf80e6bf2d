"""The hosts on which agents' workers run, as the package for LiveKit workers tells it."""
