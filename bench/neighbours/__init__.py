"""The bench of bad neighbours: what one organization feels of another.

See `bench/README.md`.
"""
