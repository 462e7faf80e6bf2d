"""The settings pages: overview, each provider, agent access, the test session."""
