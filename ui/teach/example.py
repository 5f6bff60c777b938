"""The finished lesson that the Teach tab shows until there are samples of the visitor's own.

python -m ui.teach.example --data data      # teaches base a hand that it misreads, and writes assets/teach/example.json
"""

from typing import Any

import numpy as np

from model import load_checkpoint, predict, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.hands import DIGITS, styles, write
from model.drawing.samples import Sample
from model.teaching.cross_validation import Held, rounds_of
from model.teaching.recipe import Teaching
from ui.finished_example import write_example
from ui.serving.view import ASSETS
from ui.teach.teaching import hold_out_round, teach_lesson

EXAMPLE = ASSETS / "teach" / "example.json"
NETWORK = "base"
COUNT = 5  # samples
TRIED = 80  # drawings of each way of writing, to find those that are misread
STEPS = 40  # of the curves that are kept


def hardest(count: int) -> list[Sample]:
    """Drawings in the way of writing a digit that the network misreads most often, misread ones first."""
    net = load_checkpoint(NETWORK)

    def tried(digit: str, style: str) -> tuple[int, list[Sample]]:
        drawings = [write(digit, style, seed) for seed in range(TRIED)]
        images = np.stack([rasterize(drawing) for drawing in drawings])  # (N, 28, 28)
        read = [net.classes[index] for index in predict(net, images).argmax(1)]
        order = sorted(range(TRIED), key=lambda index: read[index] == digit)
        return sum(answer != digit for answer in read), [Sample(digit, _short(drawings[index])) for index in order]

    every = (tried(digit, style) for digit in DIGITS for style in styles(digit))
    return max(every, key=lambda each: each[0])[1][:count]


def _short(drawing: list[list[list[float]]]) -> list[list[list[float]]]:
    return [[[round(point[0], 3), round(point[1], 3)] for point in stroke] for stroke in drawing]


def lesson(samples: list[Sample], data: str) -> dict[str, Any]:
    """What teaching these samples tells, as the page hears it of a visitor's own lesson."""
    steps: list[dict[str, Any]] = []
    path, teaching = checkpoint_path(NETWORK), Teaching()
    _, _, numbers = teach_lesson(
        lambda *news: steps.extend(each["step"] for each in news), path, samples, teaching, data
    )
    held = Held(0, 0, 0)
    for indices in rounds_of([sample.label for sample in samples]):
        found = hold_out_round(lambda *_: None, path, samples, teaching, data, indices)
        held = Held(*map(sum, zip(held, found, strict=True)))
    readings = [{name: each[name] for name in ("label", "before", "after")} for each in numbers.pop("readings")]
    every = max(1, len(steps) // STEPS)
    return {
        "samples": [sample._asdict() for sample in samples],
        "steps": [*steps[:-1:every], steps[-1]],
        "numbers": {**numbers, "from": NETWORK},
        "readings": readings,
        "held": held._asdict() if held.total else None,
    }


if __name__ == "__main__":
    write_example("ui.teach.example", __doc__, EXAMPLE, lambda data: lesson(hardest(COUNT), data))
