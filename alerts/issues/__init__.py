"""Issues: opened, told, acknowledged, resolved."""
