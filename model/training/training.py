"""A training, step by step, which can be stopped after any epoch and taken up again."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from model.checkpoint import load_checkpoint
from model.data import Split, augment
from model.network import DigitNet, NetworkConfig
from model.training.loss import digit_loss, outlier_loss
from model.training.material import NO_DIGIT, Material, order_of
from model.training.precision import narrow_arithmetic
from model.training.recipe import Recipe
from model.training.resumable import Resumable
from model.training.workers import Workers


def share_kept(decay: float, steps: int) -> float:
    """The share of a moving average that stays; it grows at first, so that the untrained start is forgotten."""
    return min(decay, 1 - 10 / (10 + steps))


def moving_average(decay: float) -> Callable[..., None]:
    """Exponential moving average for `AveragedModel`, as `share_kept` says."""

    def update(averages: list[Tensor], new: list[Tensor], steps: Tensor | int) -> None:
        get_ema_multi_avg_fn(share_kept(decay, int(steps)))(averages, new, steps)

    return update


def parameter_groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """An optimizer's groups: only convolution and linear weights decay."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]


class Training(Resumable):
    """A run that can be stopped after any epoch and resumed, with the same result as without the stop.

    Args:
        config: the network's shape.
        seed: of the weights, the order of the images and their augmentation.
        recipe: how it is trained.
        data: the images to train on, or several kinds of them.
        workers: the processes and the device that train it.
        teacher: name or path of a checkpoint whose answers are also learned, or None.
        start: name or path of the checkpoint to start from, or None.

    Raises:
        CheckpointError: the teacher or the start is missing or damaged.
        ValueError: the start is of another shape, or the recipe needs hands or outliers and there are none.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("net", "average", "optimizer", "schedule")
    recipe: Recipe

    def __init__(
        self,
        config: NetworkConfig,
        seed: int,
        recipe: Recipe,
        data: Split | Material,
        workers: Workers,
        teacher: str | None = None,
        start: str | None = None,
    ) -> None:
        self.seed, self.recipe, self.workers = seed, recipe, workers
        self.device = device = workers.device
        torch.manual_seed(seed)
        self.net = DigitNet(config)
        if start:
            _go_on_from(self.net, start)
        self.net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.module = workers.wrap(self.net)
        self.average = AveragedModel(self.net, multi_avg_fn=moving_average(recipe.average), use_buffers=True)
        self.taught_by, self.start = teacher, start
        self.teacher = load_checkpoint(teacher).to(device) if teacher else None
        material = data if isinstance(data, Material) else Material(data)
        self.parts = recipe.parts()
        self.sizes = material.sizes()
        for part, size, name in zip(self.parts[1:], self.sizes[1:], ("hands", "outliers"), strict=True):
            if part and not size:
                raise ValueError(f"The recipe trains on {name}, and there are none.")
        joined = material.joined()
        self.data = Split(joined.images.to(device), joined.labels.to(device))
        self.generator = torch.Generator(device)
        self.epoch = 0
        self.steps = self.sizes[0] // self.parts[0]
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.net, recipe.weight_decay), lr=recipe.learning_rate, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, recipe.learning_rate, total_steps=recipe.epochs * self.steps, pct_start=0.1
        )

    def run_epoch(self) -> float:
        """One pass over the data; returns the mean loss."""
        title, quiet = f"epoch {self.epoch + 1}", not self.workers.leads
        losses = list(tqdm(self.step_through_epoch(), title, self.steps, leave=False, disable=quiet))
        return torch.stack(losses).mean().item()

    def step_through_epoch(self, first: int = 0, generator: Tensor | None = None) -> Iterator[Tensor]:
        """One pass over the data, step by step, at the caller's pace; yields each step's loss.

        Args:
            first: the step to continue with, if an earlier pass was interrupted.
            generator: state of `self.generator` at that step.
        """
        workers = self.workers
        self.module.train()
        # Seeded by epoch, so that a resumed run sees what an uninterrupted one would have seen.
        order = order_of(
            self.sizes, self.parts, self.steps, torch.Generator().manual_seed(self.seed * 10_007 + self.epoch)
        )
        self.generator.manual_seed((self.seed * 10_007 + self.epoch) * workers.count + workers.rank)
        if generator is not None:
            self.generator.set_state(generator)
        for batch in order[first:]:
            yield self._step(batch[workers.rank :: workers.count])
        self.epoch += 1

    def _step(self, batch: Tensor) -> Tensor:
        images = self.data.images[batch, None].float() / 255  # (N, 1, 28, 28)
        images = augment(images, self.recipe.augmentation(), self.generator)
        images = images.contiguous(memory_format=torch.channels_last)
        with narrow_arithmetic(self.workers.device):
            logits = self.module(images).float()  # (N, classes)
        loss = self._loss(logits, images, self.data.labels[batch])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.net)
        return loss.detach()

    def _loss(self, logits: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        digits = labels != NO_DIGIT
        answers = None
        if self.teacher is not None:
            with torch.inference_mode():
                answers = self.teacher(images[digits]) / self.teacher.temperature
            answers = answers.clone()
        loss = digit_loss(self.recipe, logits[digits], labels[digits], answers)
        return loss + self.recipe.outlier_weight * outlier_loss(logits[~digits]) if self.parts[2] else loss

    def result(self) -> DigitNet:
        """The averaged network, in eval mode, on its device."""
        return cast(DigitNet, self.average.module.eval())

    def made(self) -> dict[str, Any]:
        """As `Resumable.made`."""
        return {"recipe": asdict(self.recipe), "teacher": self.taught_by, "start": self.start}


def _go_on_from(net: DigitNet, start: str) -> None:
    """Copy the weights of a checkpoint of the same shape."""
    trained = load_checkpoint(start)
    if trained.config != net.config:
        raise ValueError(f"{start} is a network of another shape; expected the shape of the network to be trained.")
    net.load_state_dict(trained.state_dict())
