"""The network that reads: its choice, what it is made of, and what it confuses."""
