"""What programs change: agents, and deliveries that are replayed."""
