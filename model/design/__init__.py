"""Networks that visitors design: their shapes, what changing one would bring, their training."""
