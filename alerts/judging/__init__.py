"""The round that looks at everything, each minute."""
