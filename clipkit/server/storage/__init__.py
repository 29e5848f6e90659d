"""Where previews, renders and uploads lie, and how they are handed out."""
