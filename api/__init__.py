"""What programs may ask of an organization: REST under `/v1`, and MCP for coding
agents.
"""
