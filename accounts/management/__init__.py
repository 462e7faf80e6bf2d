"""Commands of `manage.py` that make accounts."""
