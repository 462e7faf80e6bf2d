"""The MCP server at `/mcp`: one module of tools for each kind of thing."""
