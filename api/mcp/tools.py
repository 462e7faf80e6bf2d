"""All tools, loaded: each module registers its own with the server."""

from __future__ import annotations

from api.mcp.server import mcp

__all__ = ["mcp"]
