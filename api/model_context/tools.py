"""All tools, loaded: each module registers its own with the server."""

from __future__ import annotations

from api.model_context import (  # noqa: F401
    agents,
    conversations,
    deliveries,
    docs,
    search,
    status,
)
from api.model_context.server import mcp

__all__ = ["mcp"]
