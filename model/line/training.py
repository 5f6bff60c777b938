"""A training of a network for lines, epoch by epoch, which can be stopped after any and taken up again."""

from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from model.line.batches import Batch, batches
from model.line.composition import Composition
from model.line.loss import line_loss
from model.line.network import LineNet
from model.line.source import Source
from model.network import NetworkConfig
from model.training.resumable import Resumable
from model.training.training import moving_average, parameter_groups


@dataclass(frozen=True)
class LineRecipe:
    """How a network for lines is trained.

    The learning rate warms up over the first epoch, stays, and falls linearly to 0 over the last `decay` epochs, so
    that how long it stays can be decided on the way (Hu et al., "MiniCPM", 2024, section 4).

    Attributes:
        epochs: passes over `lines` composed lines each.
        decay: epochs at the end over which the learning rate falls.
        lines: of an epoch.
        pool: epochs after which the same composed lines come again, in another order and with other noise.
        rows: of a batch, `model.line.batches.ROW_WIDTH` pixels of lines each.
        learning_rate: AdamW's.
        weight_decay: AdamW's, on convolution weights only.
        label_smoothing: of the digits.
        average: decay of the exponential moving average of the weights, per step.
        noise: share of rows with noise.
        composition: what lines are like.
    """

    epochs: int = 90
    decay: int = 30
    lines: int = 8192
    pool: int = 8
    rows: int = 16
    learning_rate: float = 5e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.02
    average: float = 0.998
    noise: float = 0.2
    composition: Composition = field(default_factory=Composition)

    def rate(self, epoch: float) -> float:
        """The learning rate after so many epochs, as a share of `learning_rate`."""
        return max(0.0, min(1.0, epoch + 0.02, (self.epochs - epoch) / max(self.decay, 1)))

    def made(self) -> dict[str, object]:
        """What has to be the same in a training that goes on: all but how long it still lasts."""
        return {name: value for name, value in asdict(self).items() if name not in ("epochs", "decay")}


class LineTraining(Resumable):
    """A run that can be stopped after any epoch and taken up again, with the same result as without the stop.

    Args:
        config: the network's shape.
        seed: of the weights, the lines, their order and their noise.
        recipe: how it is trained.
        source: where the lines come from.
        device: where it is trained.
    """

    recipe: LineRecipe

    def __init__(
        self, config: NetworkConfig, seed: int, recipe: LineRecipe, source: Source, device: str | torch.device = "cpu"
    ) -> None:
        self.seed, self.recipe, self.source, self.device = seed, recipe, source, torch.device(device)
        torch.manual_seed(seed)
        self.net = LineNet(config)
        self.net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(self.net, multi_avg_fn=moving_average(recipe.average), use_buffers=True)
        groups = parameter_groups(self.net, recipe.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.epoch = 0

    def run_epoch(self) -> float:
        """One pass over the epoch's lines; returns the mean loss."""
        self.net.train()
        generator = np.random.default_rng([self.seed, self.epoch])
        every = list(batches(self.source.of_epoch(self.epoch), self.recipe.rows, generator))
        losses = [self._step(batch, index / len(every), generator) for index, batch in enumerate(every)]
        self.epoch += 1
        return torch.stack(losses).mean().item()

    def _step(self, batch: Batch, share: float, generator: np.random.Generator) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * self.recipe.rate(self.epoch + share)
        strips = soiled(batch.strips, self.recipe.noise, generator)
        batch = Batch(*(part.to(self.device) for part in batch))
        output = self.net(strips.to(self.device, memory_format=torch.channels_last))
        loss = line_loss(output, batch, self.net.stride, self.recipe.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average.update_parameters(self.net)
        return loss.detach()

    def result(self) -> LineNet:
        """The averaged network, in eval mode, on its device."""
        return cast(LineNet, self.average.module.eval())

    def made(self) -> dict[str, Any]:
        """As `Resumable.made`."""
        return {"recipe": self.recipe.made()}


def soiled(strips: Tensor, share: float, generator: np.random.Generator) -> Tensor:
    """Strips float (N, 1, 28, W) from 0 to 1; a share of them with noise on every pixel."""
    images = strips.float() / 255
    amount = torch.from_numpy((generator.random(len(strips)) < share) * generator.uniform(0.02, 0.15, len(strips)))
    if not amount.any():
        return images
    noise = torch.from_numpy(generator.standard_normal(images.shape, np.float32))
    return (images + noise * amount[:, None, None, None].float()).clamp(0, 1)
