"""Training: what cells are taught, losses that reward the truth, runs that can be stopped, recipes that end well."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.data import Split
from model.line.batches import Batch, joined
from model.line.calibration import calibrate_line, shift_unlike
from model.line.composition import UNLIKE, Composer, Composition
from model.line.decoding import decode
from model.line.layout import NO_LABEL, Line
from model.line.loss import centre_loss, iou_of_distances, line_loss, targets_of
from model.line.measure import line_figures, matched
from model.line.network import ANSWERS, LineNet, LineOutput, line_config
from model.line.source import Source, load_lines, save_lines
from model.line.strip import INK
from model.line.train import recipe_of
from model.line.training import LineRecipe, LineTraining
from tests.line.conftest import said

RECIPE = LineRecipe(epochs=2, decay=1, rows=1, composition=Composition())


@pytest.fixture(scope="module")
def lines(bars: Split) -> list[Line]:
    return Composer(bars).lines(12, seed=1)


class Kept:
    """A source of the same lines every epoch."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def of_epoch(self, epoch: int) -> list[Line]:
        return self.lines


def perfect(batch: Batch, stride: int = 2) -> LineOutput:
    """What a network that knows the truth would say."""
    rows, height, width = batch.owners.shape
    cells = height // stride, width // stride
    targets = targets_of(batch, stride, *cells)
    centre = torch.where(targets.bell > 0.999, 12.0, -12.0)
    owner = targets.owner.flatten(1)
    boxes = batch.boxes.gather(1, owner[..., None].expand(-1, -1, 4)).view(rows, *cells, 4)
    ys, xs = (torch.arange(size) * stride + stride / 2 for size in cells)
    y, x = ys[None, :, None], xs[None, None, :]
    box = torch.stack([y - boxes[..., 0], x - boxes[..., 1], boxes[..., 2] - y, boxes[..., 3] - x], 1).clamp(min=0.01)
    labels = batch.labels.gather(1, owner).clamp(min=0).view(rows, *cells)
    digit = torch.nn.functional.one_hot(labels, len(ANSWERS)).permute(0, 3, 1, 2) * 12.0
    pixels = torch.nn.functional.one_hot(batch.owners.clamp(min=0), len(ANSWERS)).permute(0, 3, 1, 2) * 12.0
    return LineOutput(centre, box, digit, pixels)


def test_every_digit_has_one_cell_with_the_peak_of_its_bell(lines: list[Line]) -> None:
    for line in lines:
        if line.strip.shape[1] > 256:
            continue
        batch = joined([[(0, line)]])
        bell = targets_of(batch, 2, 14, 128).bell[0]
        cells = {tuple(((box[:2] + box[2:]) / 4).astype(int)) for box in line.boxes}
        assert {tuple(cell) for cell in torch.nonzero(bell > 0.999).tolist()} == cells


def test_the_truth_costs_next_to_nothing_and_less_than_anything_else(lines: list[Line]) -> None:
    batch = joined([[(0, line)] for line in lines[:4]])
    truth = perfect(batch)
    assert line_loss(truth, batch, 2).item() < 0.05
    for part in ("centre", "digit", "pixels"):
        wrong = truth._replace(**{part: getattr(truth, part).flip(-1)})
        assert line_loss(wrong, batch, 2) > line_loss(truth, batch, 2) + 0.1
    assert line_loss(truth._replace(box=truth.box * 2), batch, 2) > line_loss(truth, batch, 2) + 0.1


def test_a_row_without_anything_costs_a_finite_amount() -> None:
    empty = Batch(
        torch.zeros(1, 1, 28, 56, dtype=torch.uint8),
        torch.full((1, 28, 56), NO_LABEL),
        torch.zeros(1, 1, 4),
        torch.full((1, 1), NO_LABEL),
    )
    assert line_loss(said([]), empty, 2).isfinite()


def test_cells_near_a_middle_are_forgiven() -> None:
    bell, near, far = torch.zeros(1, 1, 9), torch.full((1, 1, 9), -9.0), torch.full((1, 1, 9), -9.0)
    bell[0, 0, 4], bell[0, 0, 5] = 1.0, 0.8
    near[0, 0, 5], far[0, 0, 8] = 2.0, 2.0
    assert centre_loss(near, bell) < centre_loss(far, bell)


@given(st.lists(st.floats(0.1, 20), min_size=4, max_size=4))
def test_a_box_overlaps_itself_wholly(distances: list[float]) -> None:
    box = torch.tensor([distances])
    assert iou_of_distances(box, box).item() == pytest.approx(1)
    assert iou_of_distances(box, box * 2).item() == pytest.approx(0.25)


def test_a_training_that_was_stopped_ends_like_one_that_was_not(lines: list[Line], tmp_path: Path) -> None:
    config, source = line_config("1 12", channels=4), Kept(lines)
    through = LineTraining(config, 0, RECIPE, source)
    losses = [through.run_epoch(), through.run_epoch()]
    stopped = LineTraining(config, 0, RECIPE, source)
    assert stopped.run_epoch() == losses[0]
    stopped.save(tmp_path / "state.pt")
    resumed = LineTraining(config, 0, RECIPE, source)
    resumed.load(tmp_path / "state.pt")
    assert resumed.run_epoch() == losses[1]
    for one, other in zip(through.result().parameters(), resumed.result().parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_end_may_be_chosen_on_the_way_but_nothing_else(lines: list[Line], tmp_path: Path) -> None:
    config, source = line_config("1", channels=4), Kept(lines)
    training = LineTraining(config, 0, RECIPE, source)
    training.run_epoch()
    training.save(tmp_path / "state.pt")
    LineTraining(config, 0, replace(RECIPE, epochs=9, decay=3), source).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match="does not have the recipe of this training"):
        LineTraining(config, 0, replace(RECIPE, noise=0.5), source).load(tmp_path / "state.pt")


def test_the_learning_rate_warms_up_stays_and_falls_to_nothing() -> None:
    recipe = LineRecipe(epochs=10, decay=4)
    rates = [recipe.rate(epoch) for epoch in np.linspace(0, 10, 41)]
    assert rates[0] < 0.05
    assert rates[-1] == 0
    assert rates[4:24] == [1.0] * 20
    assert all(a >= b for a, b in pairwise(rates[24:]))


def test_composed_lines_survive_their_file(lines: list[Line], tmp_path: Path) -> None:
    save_lines(lines, tmp_path / "lines.npz")
    for line, again in zip(lines, load_lines(tmp_path / "lines.npz"), strict=True):
        assert all(np.array_equal(one, other) for one, other in zip(line, again, strict=True))


def test_lines_of_another_kind_are_not_taken_from_the_directory(tmp_path: Path) -> None:
    """A checkpoint would say that letters were taught which its lines never had."""
    kinds = [(None, Composition()), ("letters.zip", Composition()), (None, Composition(hands=1))]
    files = set()
    for letters, how in kinds:
        with Source(tmp_path, letters, how, lines=10, pool=1, seed=0, kept=tmp_path) as source:
            files.add(source._file(0))
    assert len(files) == len(kinds)


@pytest.mark.parametrize("name", ["epochs", "decay", "lines"])
def test_a_number_out_of_range_is_refused_with_its_option(name: str) -> None:
    with pytest.raises(ValueError, match=rf"--{name} is 0; expected 1 or more\."):
        recipe_of(**{name: 0})


class Knows(LineNet):
    """Says the truth about one line."""

    def __init__(self, line: Line) -> None:
        super().__init__(line_config("1", channels=2))
        self.truth = perfect(joined([[(0, line)]], line.strip.shape[1]))

    def forward(self, x: torch.Tensor) -> LineOutput:
        return self.truth


def test_who_knows_the_truth_scores_one(lines: list[Line]) -> None:
    plain = [line for line in lines if len(line.labels) > 1 and line.labels.max() < 10]
    assert plain
    figures = line_figures(Knows(plain[0]), plain[:1])
    assert figures == (1, 1.0, 1.0, 1.0)


def test_each_digit_is_found_once_and_only_with_its_own_label() -> None:
    answers = said([(7, 10, "5", (8.0, 5.0, 8.0, 5.0)), (7, 20, "6", (8.0, 5.0, 8.0, 5.0))])
    digits = decode(answers, 2, 1.0, 56)
    boxes = np.array([digit.box for digit in digits])
    assert matched(digits, np.array([5, 6]), boxes) == 2
    assert matched(digits, np.array([5, 7]), boxes) == 1
    assert matched([digits[0], digits[0]], np.array([5]), boxes[:1]) == 1
    assert matched(digits, np.array([5, 6]), boxes + 9) == 0


def test_calibration_makes_an_overconfident_network_doubt(lines: list[Line]) -> None:
    plain = [line for line in lines if line.labels.max() < 10][:1]
    net = Knows(plain[0])
    wrong = plain[0]._replace(labels=(plain[0].labels + 1) % 10)
    calibrate_line(net, plain)
    sure = net.temperature.item()
    calibrate_line(net, [*plain, wrong])
    assert net.temperature.item() > sure


def unlike_share(net: LineNet, lines: list[Line]) -> float:
    """Of the pixels of what is no digit, how many are called so."""
    called = []
    for line in lines:
        with torch.inference_mode():
            said = net(torch.from_numpy(line.strip)[None, None]).pixels[0].argmax(0).numpy()
        called.append(said[(line.owners == UNLIKE) & (line.strip >= INK)] == UNLIKE)
    return float(np.concatenate(called).mean())


def test_as_little_is_called_unlike_as_still_finds_most_of_what_is(bars: Split, small_line: LineNet) -> None:
    """The shift is the head's own, so that digits, pixels and the browser's engine need not know of it."""
    odd = Composer(bars, Composition(no_digit=1.0)).lines(20, seed=3)
    net = deepcopy(small_line)
    with torch.no_grad():
        net.head.bias[-4 * len(ANSWERS) :].view(len(ANSWERS), 4)[-1] += 9  # of each pixel
        net.head.bias[sum(net.parts[:3]) - 1] += 9  # of each digit
        before = net(torch.from_numpy(odd[0].strip)[None, None])
        by = shift_unlike(net, odd, kept=0.75)
        after = net(torch.from_numpy(odd[0].strip)[None, None])
    assert all(shift > 5 for shift in by)
    assert unlike_share(net, odd) == pytest.approx(0.75, abs=0.06)
    assert shift_unlike(net, odd, kept=0.75) == pytest.approx((0, 0), abs=1e-4), "done once, it stays"
    for part, shift in zip(("digit", "pixels"), by, strict=True):
        lowered = getattr(before, part) - getattr(after, part)
        torch.testing.assert_close(lowered[:, -1], torch.full_like(lowered[:, -1], shift))
        torch.testing.assert_close(lowered[:, :-1], torch.zeros_like(lowered[:, :-1]))
