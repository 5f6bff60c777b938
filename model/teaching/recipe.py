"""How a network is taught: the settings of a lesson and their allowed values."""

from dataclasses import dataclass

from model.checks import check_whole

LAYERS = ("all", "late", "last", "head")
KEEPS = ("digits", "class")
HAND_STEPS, CLASS_STEPS = 60, 100  # a hand is a variation of what is known; a class has features of its own
HAND_DISTILLATION, CLASS_DISTILLATION = 2.0, 1.0  # answers of a network that lacks a class speak against it
MAX_STEPS = 1000
MAX_BATCH = 256
MAX_VARIANTS = 5000


@dataclass(frozen=True)
class Teaching:
    """How a network is taught. The defaults were chosen by measurement on other people's hands.

    Attributes:
        steps: steps of the taught weights, after those of the head alone; None takes `HAND_STEPS`, or `CLASS_STEPS`
            where a class is new.
        batch: images per step.
        replay: share of old digits among them, 0 to less than 1.
        layers: "all", "late" (the second half of the stages, and the head), "last" (the last one, and the
            head) or "head".
        interpolation: how far to go from the old weights to the new, 0 to 1; None lets held-out digits decide.
        learning_rate: Adam's, at its peak.
        head_steps: steps of the head alone, on features computed once.
        distillation: weight of the original network's answers on old digits, against their labels; None takes
            `HAND_DISTILLATION`, or `CLASS_DISTILLATION` where a class is new.
        variants: total number of images made from the drawings; `model.teaching.material` limits those of each.
        keep: what has precedence where a new class looks like a digit: "digits", or the "class".
    """

    steps: int | None = None
    batch: int = 64
    replay: float = 0.5
    layers: str = "late"
    interpolation: float | None = None
    learning_rate: float = 6e-3
    head_steps: int = 60
    distillation: float | None = None
    variants: int = 640
    keep: str = "digits"

    def __post_init__(self) -> None:
        if self.steps is not None:
            check_whole("steps", self.steps, 0, MAX_STEPS)
        check_whole("batch", self.batch, 2, MAX_BATCH)
        check_whole("head_steps", self.head_steps, 0, MAX_STEPS)
        check_whole("variants", self.variants, 0, MAX_VARIANTS)
        _check_number("replay", self.replay, 0.95)
        if self.interpolation is not None:
            _check_number("interpolation", self.interpolation, 1)
        if self.layers not in LAYERS:
            raise ValueError(f"layers is {self.layers!r}; expected one of {', '.join(LAYERS)}.")
        if self.keep not in KEEPS:
            raise ValueError(f"keep is {self.keep!r}; expected one of {', '.join(KEEPS)}.")


def _check_number(name: str, value: object, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} is {value!r}; expected a number from 0 to {most}.")
