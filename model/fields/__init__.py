"""Where the cells of a network look."""
