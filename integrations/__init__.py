"""Everything between a provider and the conversations: webhook, delivery log, processing, settings."""
