"""Models behind Protocols: one file, one engine; nothing heavy is imported before its first use."""
