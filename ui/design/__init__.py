"""The Design tab: networks that visitors design, and their training."""
