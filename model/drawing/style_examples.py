"""Draw the example of each style into assets/examples.json, for the page's "Another hand".

python -m model.drawing.style_examples      # after a change to the styles
"""

import json
import sys

import numpy as np

from model.command import command
from model.drawing.examples import EXAMPLES, StyleExample
from model.drawing.hands import DIGITS, Drawing, styles, write

SEED = 10  # of the first drawing; the next one has the next
NEAT = 0.6  # of the variation between people
MOST_POINTS = 32  # of a stroke
DECIMALS = 3
# Last words of the styles' names that say what the digit has; any other name says how it is.
HAS = ["bar", "base", "belly", "flag", "foot", "hook", "loop", "notch", "serif", "start", "stem", "tail", "tick", "top"]


def draw_styles() -> list[StyleExample]:
    """A drawing of each style, the same every time."""
    every = [(digit, style) for digit in DIGITS for style in styles(digit)]
    return [
        StyleExample(digit, style, title(digit, style), _compact(write(digit, style, seed, NEAT)))
        for seed, (digit, style) in enumerate(every, SEED)
    ]


def _compact(drawing: Drawing) -> Drawing:
    strokes = [np.array(stroke) for stroke in drawing]
    kept = [np.linspace(0, len(stroke) - 1, min(len(stroke), MOST_POINTS)).round().astype(int) for stroke in strokes]
    return [stroke[indices].round(DECIMALS).tolist() for stroke, indices in zip(strokes, kept, strict=True)]


def title(digit: str, style: str) -> str:
    """A style in words: "7 with a serif and a bar", "0, slashed", "7, upright, with a long bar"."""
    words = digit
    for part in style.split(", "):
        what, in_, how = part.partition(" in ")
        things = what.split(" and ")
        if " at " in part or not all(thing.split()[-1] in HAS for thing in things):
            words += f", {part}"
            continue
        listed = " and ".join(f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}" for thing in things)
        words += f"{'' if words == digit else ','} with {listed}{in_}{how}"
    return words


@command
def main() -> int:
    """The command; returns its exit code."""
    content = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    content["styles"] = [style._asdict() for style in draw_styles()]
    EXAMPLES.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
