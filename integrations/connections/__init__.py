"""Whether sessions of a provider or of an agent arrive, and what to do where they do not."""
