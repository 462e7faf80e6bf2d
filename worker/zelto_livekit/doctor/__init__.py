"""Finds what keeps sessions from reaching Zelto, and says in sentences what to change."""
