"""How long a network takes for one image on this machine, in plain PyTorch and in ONNX Runtime.

Each uses one thread. After a warm-up, the same batch is read again and again; the median is what is usual, since other
work on the machine makes single runs longer and never shorter.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from model.network import DigitNet
from model.onnx.graph import INPUT
from model.onnx.runtime import random_drawings, session, to_onnx

BATCHES = (1, 256)
RUNTIMES = ("PyTorch", "ONNX Runtime")
WARM_UP = 2  # runs
FEWEST, MOST = 5, 400  # measured runs
SECONDS = 0.2  # for one network, runtime and batch, unless the fewest runs take longer


class Timing(NamedTuple):
    """The time taken by one image.

    Attributes:
        runtime: one of `RUNTIMES`.
        batch: images read at once.
        microseconds: for one image, the median of all runs.
        runs: number of runs.
    """

    runtime: str
    batch: int
    microseconds: float
    runs: int


def timings(
    nets: Mapping[str, DigitNet], batches: Sequence[int] = BATCHES, seconds: float = SECONDS
) -> Iterator[tuple[str, Timing]]:
    """Measure networks in both runtimes with every batch.

    The networks take turns, run by run, so that other work on the machine affects all of them alike.

    Args:
        nets: by name, in eval mode, on the CPU.
        batches: images read at once.
        seconds: for each network, runtime and batch, unless the fewest runs take longer.

    Yields:
        The name of each network and its timing, once all networks are measured in that runtime with that batch.

    Raises:
        ExportError: ONNX or its runtime is not installed.
    """
    sessions = {name: session(to_onnx(net)) for name, net in nets.items()}
    for batch in batches:
        images = np.resize(random_drawings(32), (batch, 28, 28))
        eager = [partial(_read_eagerly, net, images) for net in nets.values()]
        onnx = [partial(_read_onnx, runtime, images) for runtime in sessions.values()]
        for runtime, reads in zip(RUNTIMES, (eager, onnx), strict=True):
            for name, (microseconds, runs) in zip(nets, _per_image(reads, batch, seconds), strict=True):
                yield name, Timing(runtime, batch, microseconds, runs)


def _read_eagerly(net: DigitNet, images: np.ndarray) -> None:
    with torch.inference_mode():
        net(torch.from_numpy(images)[:, None])  # (N, 1, 28, 28)


def _read_onnx(runtime: Any, images: np.ndarray) -> None:
    runtime.run(None, {INPUT: images})


def _per_image(reads: Sequence[Callable[[], None]], batch: int, seconds: float) -> list[tuple[float, int]]:
    """Median microseconds for one image and the number of runs, for each of several networks that take turns."""
    durations: list[list[float]] = [[] for _ in reads]
    with one_thread():
        for read in reads:
            for _ in range(WARM_UP):
                read()
        end = time.perf_counter() + seconds * len(reads)
        while len(durations[0]) < FEWEST or (time.perf_counter() < end and len(durations[0]) < MOST):
            for read, own in zip(reads, durations, strict=True):
                start = time.perf_counter()
                read()
                own.append(time.perf_counter() - start)
    return [(1e6 * median(own) / batch, len(own)) for own in durations]


@contextmanager
def one_thread() -> Iterator[None]:
    """Within this context PyTorch computes on one thread, as ONNX Runtime does."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def counted_multiply_accumulates(net: DigitNet) -> int:
    """Multiply-accumulates of one image, counted by PyTorch while it runs; each counts as two operations there."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() // 2
