"""The networks that are offered, and those that visitors make."""
