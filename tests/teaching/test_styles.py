"""The check on other people's hands: a lesson that spoils a way of writing says so, and says what to draw."""

from model.drawing.hands import write
from model.network import DigitNet
from model.teaching.recipe import Teaching
from model.teaching.styles import EACH, StyleChange, advice, answers_to_hands, hands, style_changes
from tests.teaching.conftest import Teach


def test_every_style_of_every_digit_is_read() -> None:
    every, images = hands()
    assert len(images) == EACH * len(every)
    assert {digit for digit, _ in every} == set("0123456789")


def test_what_a_lesson_spoils_is_told_by_style(net: DigitNet) -> None:
    before = answers_to_hands(net)
    at = hands()[0].index(("1", "long flag"))
    before = [*before[: at * EACH], *["1"] * EACH, *before[(at + 1) * EACH :]]
    after = [*before[: at * EACH], *["7"] * EACH, *before[(at + 1) * EACH :]]
    changes = style_changes(before, after, net.classes)
    assert [change for change in changes if change.is_lost] == [StyleChange("1", "long flag", EACH, EACH, 0, "7")]
    said = advice(changes, ["7", "7"])
    assert said.startswith("You gave only 7s; add some 1s:")
    assert "long flag" in said
    assert advice(changes, ["7", "1"]) == ""  # flagged 1s are lost, but 1s were given


def test_a_digit_that_the_network_lacks_is_not_judged(net: DigitNet) -> None:
    answers = ["7"] * len(hands()[1])
    assert {change.digit for change in style_changes(answers, answers, ["7", "star"])} == {"7"}


def test_teaching_only_sevens_that_look_like_ones_is_found_out(teach: Teach) -> None:
    """What the held-out old digits may not show: of these, none is a 1 with a long flag."""
    ones = [write("1", "long flag", seed) for seed in range(4)]
    result = teach(ones, ["7"] * 4, teaching=Teaching(steps=40, batch=32, replay=0.0, interpolation=1.0))
    lost = [change for change in result.styles if change.is_lost and change.digit == "1"]
    assert "long flag" in {change.style for change in lost}
    assert "add some" in advice(result.styles, ["7"])
