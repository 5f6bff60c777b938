"""A whole line of digits, read densely in one pass: where each digit is, which it is, and which pixels are its own."""
