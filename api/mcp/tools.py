"""The MCP endpoint with all tools: importing their modules registers them with the
server.
"""

from __future__ import annotations

from api.mcp.server import mcp

__all__ = ["mcp"]
