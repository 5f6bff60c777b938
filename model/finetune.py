"""Teach a network somebody's hand, or a new class, from a few drawings, without forgetting the old digits.

    python -m model.finetune samples.json --checkpoint base --out mine.safetensors

What is done, and why: the head alone first and then everything, so that a head that fits badly does not spoil the
features (LP-FT: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR
2022); running statistics frozen, since a few samples say nothing about them; old digits in every batch, with their
labels and with what the network said of them before (Li & Hoiem, "Learning without Forgetting", ECCV 2016); drawings
varied as strokes; at the end as much of the way from the old to the new weights as held-out old digits allow (WiSE-FT:
Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022), and of a new class no more than they allow.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.checkpoint import check_place, load_checkpoint, save_checkpoint
from model.command import run
from model.data import DEFAULT_DATA, Augmentation, Split, augment
from model.drawing.samples import Sample, SampleError, check_name, read_samples, warnings
from model.drawing.strokes import rasterize
from model.drawing.variants import variants
from model.forward_pass import check_images
from model.inference import predict
from model.metrics import logits_of
from model.network import DigitNet
from model.precision import narrow_arithmetic
from model.teaching.new_classes import extended, features_of
from model.teaching.replay import Replay, load_replay

LAYERS = ("all", "last", "head")
SOFTNESS = 2.0  # temperature of the distillation (Hinton et al. 2015, section 2)
TOLERANCE = 0.004  # share of held-out old digits that may be lost on the way to the new weights
INTERPOLATIONS = (1.0, 0.8, 0.6, 0.4, 0.2)
MAX_STEPS = 1000
MAX_BATCH = 256
LEAST_WEIGHT = 0.2  # of the samples' loss against the old digits', however few classes they are of
MISTAKEN = 0.005  # share of held-out old digits that may be taken for a new class
STILL_READ = 0.8  # share of a new class's varied drawings that have to be read whatever old digits are taken for it
FEWEST, MOST = 6, 48  # images that one drawing becomes
ONLY_ONE = 2.0  # how much further than usual the only drawing of a class is varied: it stands for all of a hand
HEAD_SAMPLES, HEAD_REHEARSED = 128, 256  # features a step of the head alone
TOLD_EVERY = 10  # steps
WATCHED = 100  # held-out digits that are read while it learns; all of them are read before and after


@dataclass(frozen=True)
class Teaching:
    """How a network is taught. The defaults were chosen by measurement on other people's hands.

    Attributes:
        steps: of all weights, after the head's own.
        batch: images a step.
        replay: share of old digits among them, 0 to less than 1.
        layers: "all", "last" (the last stage and the head) or "head".
        interpolation: how far to go from the old weights to the new, 0 to 1; None finds out by held-out digits.
        learning_rate: Adam's, at its peak.
        head_steps: of the head alone, on features that are computed once.
        distillation: weight of what the network said before, on old digits, against their labels.
        variants: images that the drawings become, all together; each becomes at least FEWEST and at most MOST.
    """

    steps: int = 100
    batch: int = 64
    replay: float = 0.5
    layers: str = "all"
    interpolation: float | None = None
    learning_rate: float = 3e-3
    head_steps: int = 60
    distillation: float = 2.0
    variants: int = 640

    def __post_init__(self) -> None:
        for name, low, high in (
            ("steps", 0, MAX_STEPS),
            ("batch", 2, MAX_BATCH),
            ("replay", 0, 0.95),
            ("interpolation", 0, 1),
            ("head_steps", 0, MAX_STEPS),
            ("variants", 0, 5000),
        ):
            value = getattr(self, name)
            kinds = float | int if name in ("replay", "interpolation") else int
            if value is None and name == "interpolation":
                continue
            if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
                kind = "whole number" if kinds is int else "number"
                raise ValueError(f"{name} is {value!r}; expected a {kind} from {low} to {high}.")
        if self.layers not in LAYERS:
            raise ValueError(f"layers is {self.layers!r}; expected one of {', '.join(LAYERS)}.")


class Step(NamedTuple):
    """How far the teaching is.

    Attributes:
        step: steps taken, 0 to `steps`.
        steps: of all weights, in all.
        loss: of the last batch.
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on held-out old digits, 0 to 1.
    """

    step: int
    steps: int
    loss: float
    samples: float
    replay: float


class Report(NamedTuple):
    """What a network says of the samples, and of other people's digits.

    Attributes:
        probabilities: float32 (samples, classes).
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on held-out old digits, 0 to 1.
        per_class: the same for every class that they have.
    """

    probabilities: np.ndarray
    samples: float
    replay: float
    per_class: dict[str, float]


class FineTuned(NamedTuple):
    """A taught network and the proof of what it gained and lost.

    Attributes:
        network: in eval mode.
        history: from before the first step to after the last.
        before: what the network before said; classes that it lacked have the probability 0.
        after: what the taught one says.
        replay: where the old digits came from, "MNIST" or "embedded drawings".
        interpolation: how far the weights went from the old to the new, 0 to 1.
        changes: by layer, the length of the change against the length of its weights before.
    """

    network: DigitNet
    history: list[Step]
    before: Report
    after: Report
    replay: str
    interpolation: float
    changes: dict[str, float]


OnStep = Callable[[Step], None]


def fine_tune(
    net: DigitNet,
    images: np.ndarray | Tensor,
    labels: Sequence[str],
    classes: Sequence[str] | None = None,
    seed: int = 0,
    on_step: OnStep | None = None,
    *,
    drawings: Sequence[list] | None = None,
    replay: Replay | None = None,
    teaching: Teaching = Teaching(),
) -> FineTuned:
    """A new network that reads these samples; `net` is never changed.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.
        labels: N class names. One that the network lacks becomes a new class.
        classes: classes of the new network, the old ones first; None adds those that the labels name.
        seed: the same seed gives the same network on the same machine.
        on_step: called now and then. What it raises ends the run and is passed on.
        drawings: the strokes of the images, which are then varied as strokes rather than as pixels.
        replay: old digits; None takes MNIST from the default directory, or else the embedded drawings.
        teaching: how.

    Raises:
        ValueError: images, labels and drawings are none or not as many as each other, or the classes do not fit.
    """
    lesson = Lesson(net, images, labels, classes, seed, drawings, replay or load_replay(DEFAULT_DATA), teaching)
    return lesson.teach(on_step or (lambda step: None))


class Lesson:
    """One run of `fine_tune`."""

    def __init__(
        self,
        net: DigitNet,
        images: np.ndarray | Tensor,
        labels: Sequence[str],
        classes: Sequence[str] | None,
        seed: int,
        drawings: Sequence[list] | None,
        replay: Replay,
        teaching: Teaching,
    ) -> None:
        self.teaching, self.source = teaching, replay.source
        self.images = check_images(images)  # (S, 28, 28)
        labels = [check_name(label) for label in labels]
        _check_counts(len(self.images), labels, drawings)
        names = _classes(net, labels, classes)
        self.generator = torch.Generator().manual_seed(seed)
        self.labels = torch.tensor([names.index(label) for label in labels])

        # Half of a batch of one class alone would make it seem as frequent as all others together.
        self.weight = max(len(set(labels)) / len(names), LEAST_WEIGHT)
        self.rehearsed = _of_classes(replay.rehearsed, names)
        self.held_out = _of_classes(replay.held_out, names)
        self.shown, self.shown_labels = self._vary(drawings, seed)
        self.old = extended(net, names, self.images, self.labels, self.rehearsed)
        self.new = deepcopy(self.old)
        with torch.inference_mode():
            self.rehearsed_features = features_of(self.old, self.rehearsed.images)  # (R, C)
            self.old_logits = self.old.head(self.rehearsed_features)  # (R, classes)
        self.before = self._report(net, logits_of(net, self.held_out.images))
        self.history: list[Step] = []

    def _vary(self, drawings: Sequence[list] | None, seed: int) -> tuple[Tensor, Tensor]:
        """Every sample and its variants, uint8 (V, 28, 28), and their labels (V,)."""
        if not self.teaching.variants:
            return self.images, self.labels
        each = min(max(self.teaching.variants // len(self.images), FEWEST), MOST)
        if drawings is None:
            copies = self.images.repeat_interleave(each - 1, 0)[:, None].float() / 255  # (V, 1, 28, 28)
            varied = (augment(copies, Augmentation(), self.generator)[:, 0] * 255).round().byte()
        else:
            generator = np.random.default_rng(seed)
            amounts = [ONLY_ONE / math.sqrt((self.labels == label).sum().item()) for label in self.labels]
            varied = torch.from_numpy(
                np.concatenate(
                    [
                        variants(drawing, each - 1, generator, amount)
                        for drawing, amount in zip(drawings, amounts, strict=True)
                    ]
                )
            )
        return torch.cat([self.images, varied]), torch.cat([self.labels, self.labels.repeat_interleave(each - 1)])

    def teach(self, on_step: OnStep) -> FineTuned:
        """The whole run; `on_step` may raise."""
        self._tell(on_step, 0, float("nan"))
        self._teach_head()
        if self.teaching.layers != "head":
            self._teach_all(on_step)
        interpolation, logits = self._interpolate()
        self._hold_back(logits)
        after = self._report(self.new, logits)
        self._tell(on_step, self.teaching.steps, self.history[-1].loss)
        self._mark_familiar()
        return FineTuned(
            self.new, self.history, self.before, after, self.source, interpolation, changes(self.old, self.new)
        )

    def _tell(self, on_step: OnStep, step: int, loss: float) -> None:
        """Report, from a network in whatever mode it is trained."""
        watched = slice(None, None, max(1, len(self.held_out.labels) // WATCHED))
        self.new.eval()
        with narrow_arithmetic(self.images.device):
            logits = logits_of(self.new, torch.cat([self.images, self.held_out.images[watched]]))
        samples, replay = logits.split([len(self.images), len(logits) - len(self.images)])
        step_report = Step(
            step,
            self.teaching.steps,
            loss,
            _share_right(samples, self.labels),
            _share_right(replay, self.held_out.labels[watched]),
        )
        self.history.append(step_report)
        on_step(step_report)

    def _teach_head(self) -> None:
        """The head alone, on features that stay as they are."""
        shown = features_of(self.old, self.shown)  # (V, C)
        optimizer = torch.optim.Adam(self.new.head.parameters(), lr=5 * self.teaching.learning_rate, fused=True)
        for _ in range(self.teaching.head_steps):
            new = self._draw(len(self.shown), HEAD_SAMPLES)
            old = self._draw(len(self.rehearsed.labels), HEAD_REHEARSED if self.teaching.replay else 0)
            logits = self.new.head(torch.cat([shown[new], self.rehearsed_features[old]]))
            self._take(optimizer, self._loss(logits, new, old))

    def _teach_all(self, on_step: OnStep) -> None:
        teaching = self.teaching
        self._prepare()
        weights = self._weights()
        optimizer = torch.optim.Adam(weights, lr=teaching.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, teaching.learning_rate, total_steps=max(teaching.steps, 2), pct_start=0.15
        )
        share = round(teaching.batch * teaching.replay)
        rehearsed = min(share, teaching.batch - 1)  # a batch without samples teaches nothing
        for step in range(1, teaching.steps + 1):
            new = self._draw(len(self.shown), teaching.batch - rehearsed)
            old = self._draw(len(self.rehearsed.labels), rehearsed)
            batch = torch.cat([self.shown[new], self.rehearsed.images[old]])[:, None]  # (N, 1, 28, 28)
            with narrow_arithmetic(batch.device):
                logits = self.new(batch.contiguous(memory_format=torch.channels_last)).float()
            loss = self._loss(logits, new, old)
            self._take(optimizer, loss)
            schedule.step()
            if step % TOLD_EVERY == 0 and step < teaching.steps:
                self._tell(on_step, step, loss.item())
                self._prepare()

    def _prepare(self) -> None:
        """Training mode, which the depthwise convolutions are quicker in, but for the norms' running statistics."""
        self.new.train()
        for module in self.new.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def _weights(self) -> list[Tensor]:
        if self.teaching.layers == "last":
            return [*self.new.stages[-1].parameters(), *self.new.head.parameters()]
        return list(self.new.parameters())

    def _draw(self, among: int, count: int) -> Tensor:
        """Places of so many images to take; none where there are none, as of digits that are no classes."""
        if not among:
            return torch.zeros(0, dtype=torch.int64)
        return torch.randint(among, (count,), generator=self.generator)

    def _loss(self, logits: Tensor, new: Tensor, old: Tensor) -> Tensor:
        """Cross entropy on samples and on old digits, and the distance from what was said of these before."""
        shown, rehearsed = logits[: len(new)], logits[len(new) :]
        loss = self.weight * F.cross_entropy(shown, self.shown_labels[new])
        if not len(old):
            return loss
        loss = loss + F.cross_entropy(rehearsed, self.rehearsed.labels[old])
        if not self.teaching.distillation:
            return loss
        distance = F.kl_div(
            (rehearsed / SOFTNESS).log_softmax(1),
            (self.old_logits[old] / SOFTNESS).log_softmax(1),
            reduction="batchmean",
            log_target=True,
        )
        return loss + self.teaching.distillation * SOFTNESS**2 * distance

    @staticmethod
    def _take(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def _interpolate(self) -> tuple[float, Tensor]:
        """Go as far from the old weights to the new as held-out old digits are read as well as before.

        Where no share is good enough, the best one is taken: a new class may be mistaken most where it is least taught.

        Returns:
            The share, and the logits of the held-out digits with it.
        """
        self.new.eval()
        new = [parameter.detach().clone() for parameter in self.new.parameters()]
        if self.teaching.interpolation is not None:
            return self.teaching.interpolation, self._go(self.teaching.interpolation, new)
        kept: dict[float, float] = {}
        for share in INTERPOLATIONS:
            logits = self._go(share, new)
            kept[share] = _share_right(logits, self.held_out.labels)
            if kept[share] >= self.before.replay - TOLERANCE:
                return share, logits
        best = max(kept, key=kept.__getitem__)
        return best, self._go(best, new)

    @torch.no_grad()
    def _go(self, share: float, new: list[Tensor]) -> Tensor:
        """So much of the way from the old weights to the new; what is said of the held-out digits there."""
        for parameter, old, far in zip(self.new.parameters(), self.old.parameters(), new, strict=True):
            parameter.copy_(torch.lerp(old, far, share))
        return logits_of(self.new, self.held_out.images)  # (H, classes)

    @torch.inference_mode()
    def _hold_back(self, logits: Tensor) -> None:
        """Lower the bias of every class that is no digit until hardly any held-out digit is taken for it.

        A lesson shows it as often as no digit is ever shown, so that the network expects too many of it (prior shift:
        Saerens et al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002).

        Args:
            logits: of the held-out digits (H, classes), lowered as well.
        """
        digits = self.held_out.labels.unique()
        others = set(self.labels.tolist()) - set(digits.tolist())
        if not others or not len(digits):
            return
        shown = logits_of(self.new, self.shown)  # (V, classes)
        for number in others:
            taken = _lead(logits, number, digits).quantile(1 - MISTAKEN)
            read = _lead(shown, number, digits)[self.shown_labels == number].quantile(1 - STILL_READ)
            lowered = min(taken, read).clamp(min=0)
            self.new.head.bias[number] -= lowered
            logits[:, number] -= lowered

    def _mark_familiar(self) -> None:
        """What was taught is no longer unlike anything that the network has learned."""
        energies = logits_of(self.new, self.images).logsumexp(1)
        self.new.familiar_energy.fill_(min(self.new.familiar_energy.item(), energies.min().item()))

    def _report(self, net: DigitNet, logits: Tensor) -> Report:
        """What the network says of the samples, and of the held-out digits by its logits (H, classes)."""
        probabilities = np.zeros((len(self.images), self.old.head.out_features), np.float32)
        probabilities[:, : len(net.classes)] = predict(net, self.images)
        right = logits.argmax(1) == self.held_out.labels
        names = self.old.classes
        return Report(
            probabilities,
            float(np.mean(probabilities.argmax(1) == self.labels.numpy())),
            right.double().mean().item(),
            {
                names[index]: right[self.held_out.labels == index].double().mean().item()
                for index in self.held_out.labels.unique().tolist()
            },
        )


def _check_counts(images: int, labels: list[str], drawings: Sequence[list] | None) -> None:
    if not images:
        raise SampleError("There are no samples yet; draw at least one and say what it is.")
    if len(labels) != images or (drawings is not None and len(drawings) != images):
        raise SampleError(f"There are {images} images; expected as many labels, and drawings if there are any.")


def _classes(net: DigitNet, labels: list[str], classes: Sequence[str] | None) -> list[str]:
    """The new network's classes: the old ones in their place, then the new ones."""
    names = list(dict.fromkeys([*net.classes, *labels])) if classes is None else [check_name(name) for name in classes]
    if names[: len(net.classes)] != net.classes or not set(labels) <= set(names):
        raise SampleError(
            "The classes have to begin with the own ones of the network, in their order, and name all labels."
        )
    return names


def _of_classes(split: Split, names: list[str]) -> Split:
    """Old digits with the network's own numbers for labels; those that it has no class for are left out."""
    numbers = torch.tensor([names.index(digit) if digit in names else -1 for digit in "0123456789"])
    labels = numbers[split.labels]
    return Split(split.images[labels >= 0], labels[labels >= 0])


def changes(old: nn.Module, new: nn.Module) -> dict[str, float]:
    """By layer with weights of its own, the length of the change against their length before."""
    moved = {}
    for (name, before), after in zip(old.named_parameters(), new.parameters(), strict=True):
        layer, _, kind = name.rpartition(".")
        if kind == "weight" and before.ndim > 1:
            moved[layer] = ((after - before).norm() / before.norm().clamp(min=1e-12)).item()
    return moved


def _lead(logits: Tensor, number: int, others: Tensor) -> Tensor:
    """By how much a class leads the best of the others: (N, classes) -> (N,)."""
    return logits[:, number] - logits[:, others].amax(1)


def _share_right(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).double().mean().item()  # of nothing: nan


# The command ----------------------------------------------------------------------------------------------------------


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.finetune", description="Teach a network from drawn samples.")
    parser.add_argument("samples", type=Path, help="JSON file of samples, as the Teach tab downloads it")
    parser.add_argument("--checkpoint", default="base", help="name or path of the network to start from")
    parser.add_argument("--out", required=True, help="name or path of the taught network's checkpoint")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that may hold MNIST/raw; nothing is downloaded")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def _read_samples(path: Path, net: DigitNet) -> list[Sample]:
    try:
        text = path.read_text("utf-8-sig")  # with the mark that some editors begin a file with, or without
    except UnicodeDecodeError:
        raise SampleError(f"{path} is no samples file; expected JSON with format and samples.") from None
    return read_samples(text, net.classes)


def _print_step(step: Step) -> None:
    print(
        f"step {step.step:3d}/{step.steps}  loss {step.loss:7.4f}  samples {100 * step.samples:6.2f} %  "
        f"old digits {100 * step.replay:6.2f} %",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    try:
        net = load_checkpoint(options.checkpoint)
        check_place(options.out)
        samples = _read_samples(options.samples, net)
        for sentence in warnings(samples):
            print(sentence, file=sys.stderr)
        drawings = [sample.drawing for sample in samples]
        result = fine_tune(
            net,
            np.stack([rasterize(drawing) for drawing in drawings]),
            [sample.label for sample in samples],
            seed=options.seed,
            on_step=_print_step,
            drawings=drawings,
            replay=load_replay(options.data),
        )
        path = save_checkpoint(result.network, options.out, **history_of(result, str(options.checkpoint)))
    except OSError as error:
        print(f"{error.filename} cannot be read or written ({error.strerror}).", file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    before, after = result.before, result.after
    print(f"{path}: {len(samples)} samples, old digits from {result.replay}")
    print(f"samples    {100 * before.samples:6.2f} % -> {100 * after.samples:6.2f} %")
    print(f"old digits {100 * before.replay:6.2f} % -> {100 * after.replay:6.2f} % of those held out")
    return 0


def history_of(result: FineTuned, taught_from: str) -> dict:
    """What a taught network's checkpoint says of how it was made, as plain JSON values."""
    return {
        "taught_from": taught_from,
        "replay": result.replay,
        "interpolation": result.interpolation,
        "figures": {
            "samples": {"before": result.before.samples, "after": result.after.samples},
            "held_out": {"before": result.before.replay, "after": result.after.replay},
        },
    }


if __name__ == "__main__":
    run(main)
