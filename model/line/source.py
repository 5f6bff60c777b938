"""Where a training's lines come from: composed by another process ahead of time, and kept in a directory."""

import hashlib
import os
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType

import numpy as np
import torch

from model.data import load_training
from model.drawing.outliers import letters as letters_of
from model.line.composition import Composer, Composition
from model.line.layout import Line

HELD_OUT = 500  # lines that are chosen and calibrated by
HELD_OUT_SEED = 1_000_003  # of the lines that are chosen and calibrated by
SEEDS = 1_000  # of each training's lines: those of another seed of the training share none of them


class Source:
    """A pool of composed lines, one part an epoch; while one part is trained on, the next is composed.

    Args:
        data: directory that holds MNIST/raw.
        letters: a zip of Omniglot's strokes or a directory of such, or None.
        how: what lines are like.
        lines: of each part.
        pool: parts, after which they come again.
        seed: of the training.
        kept: a directory for the parts.
    """

    def __init__(
        self,
        data: str | Path,
        letters: str | Path | None,
        how: Composition,
        lines: int,
        pool: int,
        seed: int,
        kept: Path,
    ) -> None:
        self.lines, self.pool, self.seed, self.kept = lines, pool, seed, kept
        self.version = hashlib.sha256(repr((how, letters and Path(letters).name)).encode()).hexdigest()[:12]
        self.composing: dict[int, Future[None]] = {}
        self.process = ProcessPoolExecutor(1, get_context("spawn"), _prepare, (data, letters, how))
        kept.mkdir(parents=True, exist_ok=True)

    def of_epoch(self, epoch: int) -> list[Line]:
        """The lines of an epoch."""
        part = self._ordered(epoch)
        if part in self.composing:
            self.composing[part].result()
        self._ordered(epoch + 1)
        return load_lines(self._file(part))

    def _ordered(self, epoch: int) -> int:
        """The part of an epoch, which is there or being composed from now on."""
        part = epoch % self.pool
        if part not in self.composing and not self._file(part).is_file():
            seed = 1 + self.seed * SEEDS + part
            self.composing[part] = self.process.submit(_compose, self.lines, seed, self._file(part))
        return part

    def _file(self, part: int) -> Path:
        return self.kept / f"lines-{self.version}-{self.seed}-{part}-{self.lines}.npz"

    def __enter__(self) -> "Source":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.shutdown(cancel_futures=True)


_composer: Composer  # of the process that composes


def _prepare(data: str | Path, letters: str | Path | None, how: Composition) -> None:
    global _composer
    torch.set_num_threads(1)
    _composer = composer(data, letters, how)


def _compose(count: int, seed: int, path: Path) -> None:
    save_lines(_composer.lines(count, seed), path)


def composer(data: str | Path, letters: str | Path | None, how: Composition, *, validation: bool = False) -> Composer:
    """A composer of lines from MNIST's images to train on, or to choose by.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CorpusError: the corpus is not there or holds no drawings.
    """
    mnist = load_training(data)[1 if validation else 0]
    return Composer(mnist, how, [one.drawing for one in letters_of(letters)] if letters else ())


def save_lines(lines: list[Line], path: Path) -> None:
    """Keep lines in a file."""
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(
        partial,
        widths=np.array([line.strip.shape[1] for line in lines]),
        counts=np.array([len(line.labels) for line in lines]),
        strips=np.concatenate([line.strip for line in lines], axis=1),
        owners=np.concatenate([line.owners for line in lines], axis=1),
        boxes=np.concatenate([line.boxes for line in lines]),
        labels=np.concatenate([line.labels for line in lines]),
    )
    partial.replace(path)


def load_lines(path: Path) -> list[Line]:
    """The lines of a file of `save_lines`."""
    with np.load(path) as kept:
        columns, boxes = kept["widths"].cumsum()[:-1], kept["counts"].cumsum()[:-1]
        parts = zip(
            np.split(kept["strips"], columns, axis=1),
            np.split(kept["owners"], columns, axis=1),
            np.split(kept["boxes"], boxes),
            np.split(kept["labels"], boxes),
            strict=True,
        )
        return [Line(*part) for part in parts]
