"""What is measured is the time of one image, on one thread, in bounded time, and nothing is left changed."""

from contextlib import suppress

import pytest
import torch

from model.cost.complexity import complexity
from model.network import DigitNet
from model.study import timing
from model.study.timing import FEWEST, MOST, WARM_UP, counted_multiply_accumulates, one_thread, timings


def test_every_network_is_measured_in_every_runtime_with_every_batch(
    small_net: DigitNet, standard_net: DigitNet
) -> None:
    nets = {"small": small_net, "standard": standard_net}
    measured = list(timings(nets, batches=(1, 8), seconds=0))
    assert [(name, t.runtime, t.batch) for name, t in measured] == [
        (name, runtime, batch) for batch in (1, 8) for runtime in ("PyTorch", "ONNX Runtime") for name in nets
    ]
    assert all(t.microseconds > 0 and t.runs == FEWEST for _, t in measured)


def test_the_time_is_that_of_one_image_and_the_warm_up_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, *(0.1 * n for n in range(1000))])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    calls = []
    [(microseconds, runs)] = timing._per_image([lambda: calls.append(None)], batch=4, seconds=0)
    assert runs == FEWEST
    assert len(calls) == FEWEST + WARM_UP
    assert microseconds == pytest.approx(0.1e6 / 4), "one tick of the clock for a batch of four"


def test_networks_take_turns() -> None:
    calls = []
    timing._per_image([lambda: calls.append("a"), lambda: calls.append("b")], batch=1, seconds=0)
    assert calls == ["a"] * WARM_UP + ["b"] * WARM_UP + ["a", "b"] * FEWEST


def test_runs_are_bounded_by_number_too() -> None:
    assert timing._per_image([lambda: None], batch=1, seconds=60)[0][1] == MOST


def test_the_number_of_threads_is_restored_even_after_an_error() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with suppress(ZeroDivisionError), one_thread():
            assert torch.get_num_threads() == 1
            raise ZeroDivisionError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_measuring_changes_no_mode(small_net: DigitNet) -> None:
    for _ in timings({"small": small_net}, batches=(1,), seconds=0):
        assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("name", ["small_net", "standard_net"])
def test_pytorch_counts_what_the_closed_formulas_say(name: str, request: pytest.FixtureRequest) -> None:
    net = request.getfixturevalue(name)
    assert counted_multiply_accumulates(net) == complexity(net).multiply_accumulates
