"""The canonical body, as `docs/api.md` has it: its schema, its repair, its reading."""
