"""The Teach tab."""
