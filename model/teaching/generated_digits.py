"""Old digits that ship with the app, drawn by its own generator: the file, and how it is read and written.

`python -m model.teaching.draw_digits` makes it. 16 grey levels are as many as tell a thick stroke from a thin one, and
take a hundred bytes a digit.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch

from model.data import Split
from model.drawing.strokes import IMAGE_SIZE

FILE = Path(__file__).resolve().parents[2] / "checkpoints" / "generator.digits.npz"
LEVEL = 17  # grey values between two of the 16 levels, 255 = 15 x 17
MOST_BYTES = 2_000_000


class DigitsError(ValueError):
    """The file of drawn digits is missing or damaged. The message is one sentence for people."""


def write_digits(path: str | Path, digits: Split) -> None:
    """Write digits as a file, in 16 grey levels.

    Args:
        path: of the file.
        digits: images uint8 (N, 28, 28) with labels 0 to 9.
    """
    levels = (digits.images.float() / LEVEL).round().to(torch.uint8).flatten(1)  # (N, 784)
    packed = levels[:, ::2] * 16 + levels[:, 1::2]  # two pixels a byte, (N, 392)
    with Path(path).open("wb") as file:  # by a name, NumPy would add a suffix to it
        np.savez_compressed(file, images=packed.numpy(), labels=digits.labels.to(torch.uint8).numpy())


def read_digits(path: str | Path = FILE) -> Split:
    """The digits of a file, in its order: images uint8 (N, 28, 28), labels int64 (N,).

    Raises:
        DigitsError: the file is missing, or is not such a file.
    """
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise ValueError("too large")
        with np.load(path, allow_pickle=False) as file:
            packed, labels = file["images"], file["labels"]
        pixels = IMAGE_SIZE**2
        if packed.dtype != np.uint8 or labels.dtype != np.uint8 or packed.shape != (len(labels), pixels // 2):
            raise ValueError("another form")
        if not len(labels) or labels.max() > 9:
            raise ValueError("not digits")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DigitsError(f"{path} is missing or damaged; python -m model.teaching.draw_digits makes it.") from error
    levels = np.stack([packed >> 4, packed & 15], axis=2).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    return Split(torch.from_numpy(levels * np.uint8(LEVEL)), torch.from_numpy(labels.astype(np.int64)))
