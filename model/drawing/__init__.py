"""From strokes to the image that the network reads."""
