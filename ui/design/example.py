"""The finished training that the Design tab shows until there is one of the visitor's own.

python -m ui.design.example --data data     # trains the tab's first design, and writes assets/design/example.json
"""

from typing import Any

from model.design.configuration import DEFAULT_DESIGN, write_design
from model.design.live_training import DEFAULT_EPOCHS, LiveTraining, News
from ui.design.live_trainings import told
from ui.finished_example import write_example
from ui.serving.view import ASSETS

EXAMPLE = ASSETS / "design" / "example.json"
POINTS = 60  # of the curve of the loss that are kept


def training(data: str) -> dict[str, Any]:
    """What training the design tells, as the page hears it of a visitor's own: all that it looked like at the end."""
    news: list[News] = []
    LiveTraining(DEFAULT_DESIGN, DEFAULT_EPOCHS, data).run(news.append, most_seconds=float("inf"))
    last = max(index for index, each in enumerate(news) if each.look)
    every = max(1, len(news) // POINTS)
    kept = [
        (index, told(each)) for index, each in enumerate(news) if index % every == 0 or each.look or each is news[-1]
    ]
    for index, each in kept:
        if each["look"] and index != last:
            each["look"] = {"accuracy": each["look"]["accuracy"], "watched": each["look"]["watched"]}
    return {"design": write_design(DEFAULT_DESIGN), "epochs": DEFAULT_EPOCHS, "news": [each for _, each in kept]}


if __name__ == "__main__":
    write_example("ui.design.example", __doc__, EXAMPLE, training)
