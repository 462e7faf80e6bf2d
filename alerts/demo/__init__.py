"""Alerts of `make demo`: issues that are over and open, channels, what was sent there."""
