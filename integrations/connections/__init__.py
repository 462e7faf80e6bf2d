"""Whether sessions of a provider or an agent arrive, and what to do where not."""
