"""A conversation with a model of the Anthropic API, over the tools."""
