"""The clips API over HTTP, on one's own machine."""
