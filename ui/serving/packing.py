"""Arrays as bytes: maps, few enough to send with every movement of the pen; and whatever programs are handed."""

from typing import Any

import numpy as np

from ui.serving.answers import to_base64


def quantised(values: np.ndarray, maximum: float) -> np.ndarray:
    """Values from 0 to `maximum` as bytes; what is above 0 stays above 0."""
    if maximum <= 0:
        return np.zeros(values.shape, np.uint8)
    return np.maximum(np.rint(values * (255 / maximum)), values > 0).astype(np.uint8)


def packed(levels: np.ndarray) -> np.ndarray:
    """Half the bytes or fewer, since most are 0 after a ReLU: a bit for each, set if nonzero, then the nonzero ones.

    Args:
        levels: uint8, any shape.

    Returns:
        uint8 (ceil(size / 8) + count of what is not 0,); the first byte of `levels` has the highest bit.
    """
    on = levels != 0
    return np.concatenate([np.packbits(on), levels[on]])


def as_array(name: str, array: np.ndarray) -> dict[str, Any]:
    """An array for a program: its `name`, `dtype`, `shape` and `data`, bytes in base64, row-major, little-endian."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "data": to_base64(little)}
