"""Nothing is forgotten: how far a lesson goes, and how a new class is held back."""

import numpy as np
import pytest
import torch

from model.drawing.strokes import rasterize
from model.network import DigitNet
from model.teaching.interpolation import INTERPOLATIONS
from model.teaching.lesson import fine_tune
from model.teaching.precedence import OF_ALL, OF_EACH, STILL_READ, Bars, bars
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay
from model.teaching.result import FineTuned
from tests.teaching.conftest import STAR, Teach, example, old_probabilities


def test_distillation_and_old_digits_hold_the_answers_in_place(net: DigitNet, old: Replay, teach: Teach) -> None:
    """Without distillation, and without old digits, the answers to other people's digits drift further."""
    before = old_probabilities(net, old)

    def drift(**settings: float) -> float:
        teaching = Teaching(steps=20, head_steps=20, batch=32, variants=8, interpolation=1.0, **settings)
        taught = teach([example("3")], ["8"], teaching=teaching).network  # at odds with what other people's digits say
        return float(np.abs(old_probabilities(taught, old) - before).mean())

    held, labels_only, alone = drift(distillation=20.0), drift(distillation=0.0), drift(replay=0.0)
    assert held < labels_only < alone


def test_going_no_part_of_the_way_is_the_old_network(net: DigitNet, teach: Teach) -> None:
    result = teach([STAR], ["4"], teaching=Teaching(steps=4, batch=16, interpolation=0.0))
    assert result.interpolation == 0
    assert np.array_equal(result.before.probabilities, result.after.probabilities)


def test_it_goes_no_further_than_old_digits_allow(teach: Teach, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"steps": 20, "head_steps": 40, "batch": 32, "variants": 8, "replay": 0.0, "learning_rate": 2e-3}
    kept = {
        share: teach([STAR], ["8"], teaching=Teaching(**settings, interpolation=share)).after.replay
        for share in INTERPOLATIONS
    }
    assert min(kept.values()) < max(kept.values()), "how far it goes has to matter here"

    def taught_with(tolerance: float) -> FineTuned:
        monkeypatch.setattr("model.teaching.interpolation.TOLERANCE", tolerance)
        return teach([STAR], ["8"], teaching=Teaching(**settings))

    assert taught_with(1.0).interpolation == 1.0
    worst_last = tuple(sorted(kept, key=kept.__getitem__, reverse=True))
    monkeypatch.setattr("model.teaching.interpolation.INTERPOLATIONS", worst_last)
    assert taught_with(-1.0).after.replay == max(kept.values()), "where none is good enough, the best"
    monkeypatch.setattr("model.teaching.interpolation.INTERPOLATIONS", INTERPOLATIONS)
    within = taught_with(taught_with(-1.0).before.replay - sorted(kept.values())[1])
    assert within.after.replay >= sorted(kept.values())[1]


def test_one_class_alone_is_not_made_more_frequent_than_ten(
    net: DigitNet, old: Replay, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise old digits are taken for a new class that looks like one of them."""

    def taken_for_it() -> float:
        teaching = Teaching(steps=20, batch=32, variants=8, interpolation=1.0)
        network = teach([example("7")], ["hook"], teaching=teaching).network
        return float(old_probabilities(network, old)[:, len(net.classes)].mean())

    monkeypatch.setattr("model.teaching.lesson.bars", lambda *_: Bars(0.0, 0.0))  # that would hide the difference
    weighed = taken_for_it()
    monkeypatch.setattr("model.teaching.lesson.LEAST_WEIGHT", 1.0)
    assert weighed < taken_for_it()


def test_a_new_class_that_looks_like_a_digit_takes_hardly_any_of_them_unless_the_visitor_decides_for_it(
    teach: Teach, old: Replay
) -> None:
    def taught(keep: str) -> FineTuned:
        teaching = Teaching(steps=20, batch=32, interpolation=1.0, keep=keep)
        return teach([example("1")], ["stick"], teaching=teaching, replay=same)

    same = old._replace(chosen=old.held_out)  # what is promised of the digits to choose by is seen on these

    def taken(result: FineTuned) -> int:
        return int((old_probabilities(result.network, old).argmax(1) == len(result.network.classes) - 1).sum())

    digits, drawings = taught("digits"), taught("class")
    assert taken(digits) <= 0.02 * len(old.held_out.labels) < taken(drawings)
    assert drawings.after.samples == 1
    for (contest,) in (digits.contests, drawings.contests):
        assert (contest.name, contest.like, contest.close) == ("stick", "1", True)
        assert contest.drawings.read >= STILL_READ > contest.digits.read, "the price of keeping the digits"
        assert contest.drawings.taken > contest.digits.taken, "the price of keeping the class"
    assert digits.contests[0].digits.of_all == pytest.approx(taken(digits) / len(old.held_out.labels))
    assert drawings.contests[0].drawings.of_all == pytest.approx(taken(drawings) / len(old.held_out.labels))


def test_an_earlier_class_of_the_visitor_is_kept_from_a_new_one_like_it(
    net: DigitNet, old: Replay, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their own samples, which are taught along."""

    def read_as_star(own: float) -> float:
        monkeypatch.setattr("model.teaching.precedence.OF_OWN", own)
        result = fine_tune(stars, images, ["star", "sun"], drawings=drawings, replay=old, teaching=teaching)
        return float(result.after.probabilities[0, result.network.classes.index("star")])

    teaching = Teaching(steps=20, batch=32, interpolation=1.0)
    stars = teach([STAR], ["star"], teaching=teaching).network
    drawings = [STAR, STAR]
    images = np.stack([rasterize(drawing) for drawing in drawings])
    assert read_as_star(0.0) > 0.5 >= read_as_star(1.0) - 0.5


def test_a_bar_lets_no_more_pass_than_it_may() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(10).repeat(100)
    logits = torch.randn(1000, 11, generator=generator)
    fresh = torch.randn(50, 11, generator=generator)
    nothing = torch.zeros(0, 11), torch.zeros(0, dtype=torch.int64)
    raised, lowered = bars(10, (logits, labels), nothing, fresh, 10)
    assert 0 <= lowered <= raised
    logits[:, 10] -= raised
    taken = logits.argmax(1) == 10
    assert taken.sum() <= OF_ALL * 1000
    assert all(taken[labels == digit].sum() <= OF_EACH * 100 for digit in range(10))
    assert bars(10, nothing, nothing, fresh, 10) == Bars(0.0, 0.0), "where there are no digits, nothing is held back"
