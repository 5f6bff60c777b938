"""Networks that visitors design: their shapes, the effect of changing them, and their training."""
