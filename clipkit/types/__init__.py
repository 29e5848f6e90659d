"""The values that stages hand to each other: frozen, typed, free of heavy imports."""
