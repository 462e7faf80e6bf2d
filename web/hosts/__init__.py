"""Who asks, and for which host name."""
