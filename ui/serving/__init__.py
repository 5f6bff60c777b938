"""What serves every view."""
