"""AutoArr as an MCP server."""
