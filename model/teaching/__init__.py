"""Teaching a network a hand or a class, from a few drawings."""
