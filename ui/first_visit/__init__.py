"""What greets a first-time visitor: the question, and the path."""
