"""Finished sessions and their agents: from the log to rows, and the pages that show
them.
"""
