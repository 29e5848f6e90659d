"""What was trained for clipkit, and how."""
