"""Wire Zelto together."""
