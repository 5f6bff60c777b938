"""How long a network takes for one image on this machine: PyTorch as it stands, and ONNX Runtime.

One thread each. After a warm-up, the same batch is read again and again; the median says what is usual, since a machine
that does other things besides makes single runs longer and never shorter.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from model.export import random_drawings, session, to_onnx
from model.network import DigitNet
from model.onnx_graph import INPUT

BATCHES = (1, 256)
RUNTIMES = ("PyTorch", "ONNX Runtime")
WARM_UP = 2  # runs
FEWEST, MOST = 5, 400  # runs that are measured
SECONDS = 0.2  # for one network, runtime and batch, as far as the fewest runs allow


class Timing(NamedTuple):
    """The time that one image takes.

    Attributes:
        runtime: one of `RUNTIMES`.
        batch: images that are read at once.
        microseconds: for one image, the median of all runs.
        runs: how many there were.
    """

    runtime: str
    batch: int
    microseconds: float
    runs: int


def timings(net: DigitNet, batches: tuple[int, ...] = BATCHES, seconds: float = SECONDS) -> Iterator[Timing]:
    """Measure a network in both runtimes with every batch, one after the other.

    Args:
        net: in eval mode, on the CPU.
        batches: images that are read at once.
        seconds: for each measurement, as far as the fewest runs allow.

    Yields:
        One timing as soon as it is measured.

    Raises:
        ExportError: ONNX or its runtime is not installed.
    """
    runtime = session(to_onnx(net))
    for batch in batches:
        images = np.resize(random_drawings(32), (batch, 28, 28))
        for name, read in zip(RUNTIMES, (partial(_read_eagerly, net), partial(_read_onnx, runtime)), strict=True):
            yield Timing(name, batch, *_per_image(partial(read, images), batch, seconds))


def _read_eagerly(net: DigitNet, images: np.ndarray) -> None:
    with torch.inference_mode():
        net(torch.from_numpy(images)[:, None])  # (N, 1, 28, 28)


def _read_onnx(runtime: Any, images: np.ndarray) -> None:
    runtime.run(None, {INPUT: images})


def _per_image(read: Callable[[], object], batch: int, seconds: float) -> tuple[float, int]:
    """Median microseconds for one image, and the number of runs."""
    durations: list[float] = []
    with one_thread():
        for _ in range(WARM_UP):
            read()
        end = time.perf_counter() + seconds
        while len(durations) < FEWEST or (time.perf_counter() < end and len(durations) < MOST):
            start = time.perf_counter()
            read()
            durations.append(time.perf_counter() - start)
    return 1e6 * median(durations) / batch, len(durations)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes on one thread inside, as ONNX Runtime does."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def counted_multiply_accumulates(net: DigitNet) -> int:
    """Multiply-accumulates of one image, counted by PyTorch while it runs; two operations make one of them."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() // 2
