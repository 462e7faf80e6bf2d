"""The MCP endpoint with all tools: importing a module of tools registers them."""

from __future__ import annotations

from api.mcp import (  # noqa: F401
    agents,
    conversations,
    deliveries,
    docs,
    expected_sessions,
    issues,
    search,
    status,
    workers,
)
from api.mcp.server import mcp

__all__ = ["mcp"]
