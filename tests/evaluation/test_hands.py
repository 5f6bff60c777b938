"""Figures by style and by kind count what the network answers."""

import numpy as np
import pytest
import torch

from model.drawing.hands import DIGITS, styles
from model.drawing.outliers import KINDS, UNSEEN
from model.evaluation.confusion import behind_cell
from model.evaluation.hands import hands_figures, hands_report, style_figures
from model.evaluation.unlike import unlike_rates, unlike_report
from model.network import DIGITS as CLASSES
from model.network import DigitNet


class Always(torch.nn.Module):
    """Answers 7, and finds nothing familiar."""

    classes = CLASSES

    def __init__(self, evidence: float) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("familiar_energy", torch.tensor(-1e4))
        self.register_buffer("familiar_evidence", torch.tensor(evidence))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return 4.0 * torch.eye(10)[7].expand(len(images), 10)


def test_styles_are_counted_by_what_is_answered() -> None:
    found = style_figures(Always(1e4), each=3)
    assert [(one.digit, one.style) for one in found] == [(digit, style) for digit in DIGITS for style in styles(digit)]
    for one in found:
        assert (one.drawings, one.unlike) == (3, 3)
        assert (one.correct, one.mistaken) == ((3, None) if one.digit == "7" else (0, ("7", 3)))
    values = hands_figures(found)
    assert values["accuracy"] == pytest.approx(len(styles("7")) / len(found))
    assert values["by_style"]["7 bar"] == 1
    assert len(hands_report(found).splitlines()) == 1 + len(found) + 10 + 1


@pytest.mark.parametrize(("evidence", "share"), [(1e4, 1.0), (-1e4, 0.0)])
def test_rates_are_told_by_kind_and_mark_what_is_never_trained_on(evidence: float, share: float) -> None:
    rates = unlike_rates(Always(evidence), each=2)
    assert set(rates.values()) == {share}
    assert list(rates) == ["digits: hands", *(f"{kind} *" if kind in UNSEEN else kind for kind in KINDS)]
    assert f"{100 * share:.2f} %" in unlike_report(rates)


def test_behind_a_cell_lie_the_images_that_are_read_so(small_net: DigitNet) -> None:
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8))
    labels = torch.arange(60) % 3
    with torch.inference_mode():
        answers = small_net(images[:, None]).argmax(1)
    for answer in range(10):
        expected = ((labels == 1) & (answers == answer)).nonzero()[:, 0].tolist()
        assert sorted(behind_cell(small_net, images, labels, 1, answer)) == expected
    with pytest.raises(ValueError, match=r"^There is no class 10; [^\n]*\.$"):
        behind_cell(small_net, images, labels, 1, 10)
