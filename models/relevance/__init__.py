"""The relevance net: how likely a passage answers a question."""
