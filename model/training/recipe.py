"""How each network is trained: the numbers of a recipe, chosen on the validation images."""

from dataclasses import dataclass
from functools import partial

from model.data import Augmentation
from model.network import PRESETS, NetworkConfig
from model.stages import StageConfig
from model.study.networks import STUDY

# Not offered on the page: a wide standard network, whose answers the small ones learn (Hinton et al. 2015).
WIDE = NetworkConfig(144, stages=tuple(StageConfig(144, dilation=d) for d in (1, 2, 3, 1)), separable=False)
NETWORKS = PRESETS | STUDY | {"wide": WIDE}
MOST_OF_A_BATCH = 0.9  # largest share of a batch for hands and outliers together


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. Checked when it is made.

    Attributes:
        epochs: passes over the 55,000 training images of MNIST.
        batch: images a step, over all processes together.
        learning_rate: the peak of one cycle (Smith & Topin 2018), warmed up over the first tenth.
        weight_decay: AdamW's, on convolution and linear weights only.
        label_smoothing: share of the target spread over all classes.
        average: decay of the exponential moving average of the weights, per step.
        strength: multiplies every amount of the augmentation.
        distill: weight of the teacher's answers relative to the labels, if there is a teacher.
        temperature: softens both sides of the distillation (Hinton et al. 2015).
        hands: share of each batch that is digits drawn by `model.drawing.hands`.
        outliers: share of each batch that is not digits; the target for these is the uniform distribution.
        outlier_weight: weight of their loss relative to the digits' (Hendrycks et al. 2019, lambda in section 3).

    Raises:
        ValueError: a share is out of its range, or nothing would be left of MNIST.
    """

    epochs: int = 40
    batch: int = 128
    learning_rate: float = 8e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    average: float = 0.998
    strength: float = 1.0
    distill: float = 0.7
    temperature: float = 3.0
    hands: float = 0.0
    outliers: float = 0.0
    outlier_weight: float = 0.5

    def __post_init__(self) -> None:
        for name, share in (("hands", self.hands), ("outliers", self.outliers)):
            if not 0 <= share < 1:
                raise ValueError(f"The share of {name} is {share:g}; expected a number from 0 to less than 1.")
        if self.hands + self.outliers > MOST_OF_A_BATCH:
            raise ValueError(
                f"Hands and outliers are {self.hands + self.outliers:g} of each batch; "
                f"at most {MOST_OF_A_BATCH:g} is expected, so that MNIST is learned too."
            )

    def augmentation(self) -> Augmentation:
        """The default augmentation, scaled."""
        return Augmentation(*(amount * self.strength for amount in Augmentation()))

    def parts(self) -> tuple[int, int, int]:
        """Images of MNIST, of hands and of outliers in each batch."""
        hands, outliers = round(self.hands * self.batch), round(self.outliers * self.batch)
        return self.batch - hands - outliers, hands, outliers


# Shares for all, compared by `python -m model.training.shares` on validation images and drawings of a held-out seed.
_recipe = partial(Recipe, hands=0.12, outliers=0.15)
# Outliers cost nano and tiny more than they bring: tiny 0.3 points of MNIST's validation images.
_without_outliers = partial(Recipe, label_smoothing=0.0)
RECIPES = {
    "nano": _without_outliers(hands=0.03, epochs=120, learning_rate=1e-2, weight_decay=0.0, strength=0.2),
    "tiny": _without_outliers(hands=0.06, epochs=60, learning_rate=1.5e-2, weight_decay=0.001, strength=0.5),
    "small": _recipe(
        epochs=60,
        learning_rate=1e-2,
        weight_decay=0.01,
        label_smoothing=0.02,
        strength=0.5,
        average=0.999,
        outlier_weight=0.2,
    ),
    "base": _recipe(epochs=60, strength=0.8),
    "large": _recipe(epochs=60, learning_rate=6e-3, weight_decay=0.03),
    "wide": _recipe(epochs=40, learning_rate=3e-3, weight_decay=0.05, strength=0.8),
    **dict.fromkeys(
        STUDY,
        _recipe(epochs=30, batch=256, learning_rate=1e-2, weight_decay=0.01, label_smoothing=0.02, strength=0.8),
    ),
}
