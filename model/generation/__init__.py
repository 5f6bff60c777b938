"""A network that draws digits as people write them: what it is, how it is trained, sampled and measured."""
