"""Teaching a network someone's handwriting or a new class, from a few drawings."""
