"""Signing in as allauth does it, with the forms, mails and rate limits of this project."""
