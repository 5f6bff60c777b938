"""The training of a generator, which can be stopped after any epoch and taken up again."""

from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from model.data import Augmentation, Split, augment
from model.generation.flow import draw_times, on_the_way, to_values, velocity_loss, with_known
from model.generation.masks import draw_masks
from model.generation.network import DigitGenerator, GeneratorConfig
from model.training.material import order_of
from model.training.precision import narrow_arithmetic
from model.training.resumable import Resumable
from model.training.training import moving_average, parameter_groups

WARM_UP = 200  # steps in which the learning rate rises
BENT = Augmentation(rotation=10, shear=0.15, scale=0.2, shift=3, elastic=0, thickness=0)  # of images that are completed
BETAS = (0.9, 0.99)


@dataclass(frozen=True)
class GeneratorRecipe:
    """How a generator is trained. Checked when it is made.

    Attributes:
        epochs: passes over the 55,000 training images of MNIST.
        batch: images a step.
        learning_rate: AdamW's; it is held, then falls to zero in a straight line.
        falling: share of the training in which it falls.
        weight_decay: AdamW's, on matrices only.
        average: decay of the exponential moving average of the weights, per step.
        hands: share of each batch that is drawings by `model.drawing.hands`.
        any_digit: share of the images whose class the network is not told.
        known: share of the images of which a part is known; they are shifted, turned and scaled a little, since what
            somebody draws does not lie as MNIST's digits do. The others are as they are.

    Raises:
        ValueError: a number is out of its range.
    """

    epochs: int = 24
    batch: int = 128
    learning_rate: float = 2e-3
    falling: float = 0.4
    weight_decay: float = 0.01
    average: float = 0.999
    hands: float = 0.1
    any_digit: float = 0.1
    known: float = 0.25

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        for name in ("falling", "hands", "any_digit", "known"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name):g}; expected a number from 0 to less than 1.")


class GeneratorTraining(Resumable):
    """A run that can be stopped after any epoch and taken up again, with the same result as without the stop.

    Args:
        config: the generator's shape.
        seed: of the weights, the order of the images, noise and masks.
        recipe: how it is trained.
        mnist: the images to train on.
        hands: drawings by `model.drawing.hands`, or None where the recipe wants none.
        device: where it is trained.

    Raises:
        ValueError: the recipe wants hands and there are none.
    """

    recipe: GeneratorRecipe

    def __init__(
        self,
        config: GeneratorConfig,
        seed: int,
        recipe: GeneratorRecipe,
        mnist: Split,
        hands: Split | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        if recipe.hands and hands is None:
            raise ValueError("The recipe trains on hands, and there are none.")
        self.seed, self.recipe, self.device = seed, recipe, torch.device(device)
        torch.manual_seed(seed)
        self.net = DigitGenerator(config)
        self.net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(self.net, multi_avg_fn=moving_average(recipe.average))
        self.kinds = [kind for kind in (mnist, hands) if kind is not None]
        self.data = Split(*(torch.cat(parts).to(self.device) for parts in zip(*self.kinds, strict=True)))
        drawn = round(recipe.hands * recipe.batch)
        self.parts = [recipe.batch - drawn, drawn][: len(self.kinds)]  # of each kind in a batch
        self.steps = len(mnist.labels) // self.parts[0]
        self.generator = torch.Generator(self.device)
        self.epoch = 0
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.net, recipe.weight_decay),
            lr=recipe.learning_rate,
            betas=BETAS,
            fused=True,
        )

    def run_epoch(self) -> float:
        """One pass over MNIST; returns the mean loss."""
        self.net.train()
        # Seeded by epoch, so that a resumed run sees what an uninterrupted one would have seen.
        self.generator.manual_seed(self.seed * 10_007 + self.epoch)
        order = order_of([len(kind.labels) for kind in self.kinds], self.parts, self.steps, self.generator)
        losses = [
            self._step(self.data.images[some], self.data.labels[some], self.epoch * self.steps + step)
            for step, some in enumerate(tqdm(order, f"epoch {self.epoch + 1}", leave=False))
        ]
        self.epoch += 1
        return torch.stack(losses).mean().item()

    def _step(self, images: Tensor, labels: Tensor, number: int) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(number)
        loss = self._loss(self.net, images, labels, self.generator)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average.update_parameters(self.net)
        return loss.detach()

    def _learning_rate(self, number: int) -> float:
        total = self.recipe.epochs * self.steps
        fall = (total - number) / max(self.recipe.falling * total, 1)
        return self.recipe.learning_rate * min(1, (number + 1) / WARM_UP, fall)

    def _loss(self, net: torch.nn.Module, images: Tensor, labels: Tensor, generator: torch.Generator) -> Tensor:
        def chosen(share: float) -> Tensor:
            return torch.rand(len(labels), generator=generator, device=self.device) < share

        values = to_values(images)
        keep, known = torch.zeros_like(values), chosen(self.recipe.known).nonzero()[:, 0]
        if len(known):
            bent = augment(images[known, None].float() / 255, BENT, generator) * 2 - 1
            values[known], keep[known] = bent, draw_masks(bent, generator)
        digits = labels.masked_fill(chosen(self.recipe.any_digit), len(self.net.classes))
        times = draw_times(len(labels), generator)
        noise = torch.randn(values.shape, generator=generator, device=self.device)
        inputs = with_known(on_the_way(values, noise, times), values, keep)
        with narrow_arithmetic(self.device):
            predicted = net(inputs, times, digits).float()
        return velocity_loss(predicted, values, times, keep)

    @torch.inference_mode()
    def loss_of(self, split: Split, batch: int = 250) -> float:
        """The averaged network's loss on images that are not trained on, always with the same noise and masks."""
        net, generator = self.result(), torch.Generator(self.device).manual_seed(0)
        parts = zip(split.images.to(self.device).split(batch), split.labels.to(self.device).split(batch), strict=True)
        losses = [self._loss(net, images, labels, generator) * len(labels) for images, labels in parts]
        return torch.stack(losses).sum().item() / len(split.labels)

    def result(self) -> DigitGenerator:
        """The averaged network, in eval mode, on its device."""
        return cast(DigitGenerator, self.average.module.eval())

    def made(self) -> dict[str, Any]:
        """As `Resumable.made`; the recipe without its length, which may be changed on the way."""
        lasting = {name: value for name, value in asdict(self.recipe).items() if name != "epochs"}
        return {"config": self.net.config.to_dict(), "recipe": lasting}
