"""The proof: what is said to be lost is what is lost, how surely, and which digits say it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model.checkpoint import load_checkpoint
from model.data import Split, load_mnist
from model.drawing.examples import load_examples
from model.drawing.strokes import rasterize
from model.metrics import logits_of
from model.teaching import draw_digits
from model.teaching.generated_digits import DigitsError, read_digits, write_digits
from model.teaching.herding import herd
from model.teaching.keeping import lookalikes
from model.teaching.lesson import answers_before, fine_tune
from model.teaching.proof import prove, wilson
from model.teaching.recipe import Teaching
from model.teaching.replay import EMBEDDED, GENERATED, Replay, generated_replay, load_replay
from model.teaching.resemblance import resemblances
from model.teaching.result import accuracy_of
from tests.teaching.conftest import SQUARE, STAR


@given(st.integers(0, 200), st.integers(1, 200))
def test_an_interval_holds_the_share_and_narrows_with_more_digits(count: int, total: int) -> None:
    count = min(count, total)
    least, most = wilson(count, total)
    assert 0 <= least <= count / total + 1e-12 <= most + 2e-12 <= 1 + 2e-12
    narrower = wilson(100 * count, 100 * total)
    assert narrower[1] - narrower[0] < most - least


def test_an_interval_is_wilsons() -> None:
    assert wilson(8, 4979) == pytest.approx((0.000814, 0.003168), abs=1e-6)
    assert wilson(0, 0) == (0, 1)


def test_only_digits_that_were_read_correctly_before_are_lost() -> None:
    before = torch.eye(3)[[0, 1, 2, 0]]
    after = torch.eye(3)[[0, 2, 2, 1]]
    proof = prove("somewhere", 5, 6, before, after, torch.tensor([0, 1, 2, 1]))
    assert (proof.held_out, proof.right, proof.lost) == (4, 3, 1)


def test_answers_are_remembered_for_the_same_network_and_the_same_digits_only() -> None:
    net, other = load_checkpoint("tiny"), load_checkpoint("tiny-seed1")
    images = torch.from_numpy(np.stack([rasterize(STAR), rasterize(SQUARE)]))
    for each, some in ((net, images), (other, images), (net, images.flip(0)), (net, images)):
        assert torch.equal(answers_before(each, some), logits_of(each, some))
    assert answers_before(net, images) is answers_before(load_checkpoint("tiny"), images.clone())


def test_drawn_digits_come_back_from_their_file(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 16, (30, 28, 28), dtype=np.uint8)
    digits = Split(torch.from_numpy(levels * np.uint8(17)), torch.arange(30) % 10)
    write_digits(tmp_path / "digits.npz", digits)
    for one, other in zip(read_digits(tmp_path / "digits.npz"), digits, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("damage", [b"", b"PK no zip", None])
def test_a_damaged_file_of_digits_leaves_the_embedded_drawings(
    tmp_path: Path, damage: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "digits.npz"
    write_digits(file, Split(torch.zeros(30, 28, 28, dtype=torch.uint8), torch.arange(30) % 10))
    file.write_bytes(file.read_bytes()[:-40] if damage is None else damage)
    with pytest.raises(DigitsError, match="missing or damaged"):
        read_digits(file)
    generated = load_replay.__globals__["generated_replay"].__wrapped__
    monkeypatch.setattr("model.teaching.replay.generated_replay", lambda: generated(file))
    assert load_replay(tmp_path).source == EMBEDDED


def test_a_class_that_looks_like_a_digit_is_named_before_teaching() -> None:
    net = load_checkpoint("base")
    images = np.stack([rasterize(drawing) for drawing in lookalikes("O", 4)])
    (sentence,) = resemblances(net, images, ["ring"] * 4)
    assert "ring looks like 0" in sentence
    assert resemblances(net, rasterize(STAR)[None], ["star"]) == []
    assert resemblances(net, images, ["0"] * 4) == [], "it is no new class"


def test_the_proof_tells_the_truth_about_a_look_alike(data_directory: Path, tmp_path: Path) -> None:
    """What the page says was lost, against what is lost of MNIST's test images, where MNIST is not at hand."""
    replay = load_replay(tmp_path)
    assert replay.source == GENERATED
    said, true = losses(replay, load_mnist(data_directory, train=False))
    assert np.abs(said - true).max() <= 0.015


def losses(replay: Replay, test: Split) -> tuple[np.ndarray, np.ndarray]:
    """(said, true) lost shares of each digit, after five drawings that look like a 5 were taught as a class."""
    net, drawings = load_checkpoint("base"), lookalikes("S", 5)
    images = np.stack([rasterize(drawing) for drawing in drawings])
    result = fine_tune(net, images, ["ess"] * 5, drawings=drawings, replay=replay, teaching=Teaching())
    said = [result.before.per_class[digit] - result.after.per_class[digit] for digit in "0123456789"]
    logits = [logits_of(each, test.images) for each in (net, result.network)]
    true = []
    for digit in range(10):
        before, after = (accuracy_of(each[test.labels == digit], test.labels[test.labels == digit]) for each in logits)
        true.append(before - after)
    return np.array(said), np.array(true)


def test_the_file_of_digits_has_three_parts_of_seeds_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    examples = {example.label: rasterize(example.drawing) for example in load_examples()[:10]}

    def draw(labels: list[str], seed: int) -> np.ndarray:
        asked.append((labels[0], seed))
        return np.stack([examples[label] for label in labels])

    monkeypatch.setattr(draw_digits, "load_generator", lambda: None)
    monkeypatch.setattr(draw_digits, "generate", lambda generator, labels, seed: draw(labels, seed))
    for name in ("draw_digits", "replay"):
        for part, count in {"REHEARSED": 20, "CHOSEN": 20, "HELD_OUT": 30}.items():
            monkeypatch.setattr(f"model.teaching.{name}.{part}", count)
    real = Split(*(torch.cat([column] * 2) for column in (torch.from_numpy(draw(list(examples), 0)), torch.arange(10))))
    monkeypatch.setattr(draw_digits, "load_training", lambda data: (real, real))
    asked.clear()
    assert draw_digits.main(["--out", str(tmp_path / "digits.npz")]) == 0
    assert len(asked) == len(set(asked)) == 30
    replay = generated_replay.__wrapped__(tmp_path / "digits.npz")
    assert [part.labels.bincount().tolist() for part in replay[1:]] == [[2] * 10, [2] * 10, [3] * 10]


def test_what_no_network_reads_as_asked_is_left_out() -> None:
    eight = next(rasterize(example.drawing) for example in load_examples() if example.label == "8")

    def draw(labels: list[str], seed: int) -> np.ndarray:
        return np.stack([eight for _ in labels])

    with pytest.raises(ValueError, match="0s are hardly ever read"):
        draw_digits.drawn_part(draw, 10, 0, None)


def test_of_many_digits_those_are_kept_that_are_as_various_as_people_s() -> None:
    """Of the unusual ones that the generator draws too seldom, as many are kept as people write."""
    generator = torch.Generator().manual_seed(0)

    def features(usual: int, unusual: int) -> Tensor:
        return (
            torch.randn(usual + unusual, 4, generator=generator) + 6 * (torch.arange(usual + unusual) >= usual)[:, None]
        )

    some = features(450, 50)
    chosen = herd(some, features(800, 200), 100)
    assert len(chosen.unique()) == 100
    assert (chosen >= 450).sum() == pytest.approx(20, abs=1)
    with pytest.raises(ValueError, match="600 of 500 digits cannot be chosen"):
        herd(some, some, 600)
