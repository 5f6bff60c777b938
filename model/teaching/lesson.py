"""One lesson: a network learns samples and rehearses old digits.

The head alone first and then the later stages, so that a head that fits badly does not spoil the features (LP-FT:
Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022); running
statistics frozen, since a few samples say nothing about them; old digits in every batch, with their labels and with
what the network said of them before (Li & Hoiem, "Learning without Forgetting", ECCV 2016); drawings varied as strokes;
at the end as much of the way from the old to the new weights as other old digits allow, and of a new class no more than
they allow, unless the visitor would rather have the class. What was lost is proved by a third part of the old digits.
"""

from collections.abc import Sequence
from copy import deepcopy
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.data import DEFAULT_DATA
from model.familiarity import accept
from model.metrics import logits_of
from model.network import DigitNet
from model.teaching.interpolation import interpolate
from model.teaching.material import Material, prepare
from model.teaching.new_classes import extended, features_of
from model.teaching.parts import TaughtPart
from model.teaching.precedence import Bars, Contest, bars, contest
from model.teaching.proof import prove
from model.teaching.recipe import CLASS_DISTILLATION, CLASS_STEPS, HAND_DISTILLATION, HAND_STEPS, Teaching
from model.teaching.replay import Replay, load_replay
from model.teaching.result import FineTuned, OnStep, Step, accuracy_of, report_on, weight_changes
from model.teaching.styles import answers_to_hands, style_changes
from model.training.precision import narrow_arithmetic

SOFTNESS = 2.0  # temperature of the distillation (Hinton et al. 2015, section 2)
LEAST_WEIGHT = 0.2  # of the samples' loss against the old digits', however few classes the samples have
HEAD_SAMPLES, HEAD_REHEARSED = 128, 256  # features per step of the head alone
REPORT_EVERY = 10  # steps
WATCHED = 50  # old digits read while it learns
REMEMBERED = 6  # sets of answers of networks before they were taught: they are often taught again


def fine_tune(
    net: DigitNet,
    images: np.ndarray | Tensor,
    labels: Sequence[str],
    classes: Sequence[str] | None = None,
    seed: int = 0,
    on_step: OnStep | None = None,
    *,
    drawings: Sequence[list[Any]] | None = None,
    replay: Replay | None = None,
    teaching: Teaching = Teaching(),  # noqa: B008 (immutable)
    check_hands: bool = True,
) -> FineTuned:
    """A new network that reads these samples; `net` is never changed.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.
        labels: N class names. One that the network lacks becomes a new class.
        classes: classes of the new network, the old ones first; None adds those that the labels name.
        seed: the same seed gives the same network on the same machine.
        on_step: called now and then. An exception that it raises ends the run and is passed on.
        drawings: the strokes of the images; with them, the samples are varied as strokes rather than as pixels.
        replay: old digits; None takes MNIST from the default directory, or else those that ship with the app.
        teaching: the settings.
        check_hands: whether to read every style of every digit before and after, too.

    Raises:
        ValueError: there are no images, the numbers of images, labels and drawings differ, or the classes do not fit.
    """
    generator = torch.Generator().manual_seed(seed)
    replay = replay or load_replay(DEFAULT_DATA)
    material = prepare(net.classes, images, labels, classes, drawings, replay, teaching.variants, generator)
    return Lesson(net, material, teaching, generator, check_hands).teach(on_step or (lambda step: None))


_answers: dict[bytes, Tensor] = {}  # by digest, the last used last


def answers_before(net: DigitNet, images: Tensor) -> Tensor:
    """As `logits_of`, remembered: the same network is often taught again, and asked about the same old digits."""
    digest = blake2b(images.numpy().tobytes())
    for tensor in net.state_dict().values():
        digest.update(tensor.contiguous().numpy().tobytes())
    key = digest.digest()
    logits = _answers.pop(key) if key in _answers else logits_of(net, images)
    _answers[key] = logits
    if len(_answers) > REMEMBERED:
        del _answers[next(iter(_answers))]
    return logits


class Lesson:
    """One run of `fine_tune`.

    Args:
        net: the original network, in eval mode; it is not changed.
        material: what is taught.
        teaching: the settings.
        generator: source of the batches.
        check_hands: as for `fine_tune`.
    """

    def __init__(
        self,
        net: DigitNet,
        material: Material,
        teaching: Teaching,
        generator: torch.Generator,
        check_hands: bool = True,
    ) -> None:
        self.material, self.teaching, self.generator = material, teaching, generator
        self.before_classes = net.classes
        # One class filling half of every batch would seem as frequent as all others together.
        self.weight = max(len(material.labels.unique()) / len(material.names), LEAST_WEIGHT)
        self.old = extended(net, material.names, material.images, material.labels, material.rehearsed)
        self.new = deepcopy(self.old)
        with torch.inference_mode():
            self.rehearsed_features = features_of(self.old, material.rehearsed.images)  # (R, C)
            self.old_logits = self.old.head(self.rehearsed_features)  # (R, classes)
        self.hands_before = answers_to_hands(net) if check_hands else None
        self.logits_before = answers_before(net, material.held_out.images)
        self.before = report_on(net, material, self.logits_before)
        chosen = material.chosen
        self.chosen_before = accuracy_of(answers_before(net, chosen.images), chosen.labels)
        self.history: list[Step] = []
        is_class = len(material.names) > len(net.classes)
        steps, weight = (CLASS_STEPS, CLASS_DISTILLATION) if is_class else (HAND_STEPS, HAND_DISTILLATION)
        self.steps = steps if teaching.steps is None else teaching.steps
        self.distillation = weight if teaching.distillation is None else teaching.distillation

    def teach(self, on_step: OnStep) -> FineTuned:
        """The whole run; `on_step` may raise."""
        material = self.material
        self._report(on_step, 0, float("nan"))
        self._teach_head()
        if self.teaching.layers != "head":
            self._teach_all(on_step)
        self.new.eval()
        interpolation, logits = interpolate(
            self.old, self.new, material.chosen, self.chosen_before, self.teaching.interpolation
        )
        found = self._hold_back(logits)
        self._report(on_step, self.steps, self.history[-1].loss)
        logits = logits_of(self.new, material.held_out.images)
        after, labels = report_on(self.new, material, logits), material.held_out.labels
        counts = len(material.rehearsed.labels), len(material.chosen.labels)
        proof = prove(material.source, *counts, self.logits_before, logits, labels)
        contests = self._contests(found, logits)
        self._mark_familiar()
        changes = weight_changes(self.old, self.new)
        styles = []
        if self.hands_before:
            styles = style_changes(self.hands_before, answers_to_hands(self.new), self.before_classes)
        return FineTuned(
            self.new, self.history, self.before, after, material.source, interpolation, changes, proof, contests, styles
        )

    @torch.inference_mode()
    def _hold_back(self, chosen: Tensor) -> dict[int, Bars]:
        """Lower the bias of the classes that are not digits; returns by how much, for either choice.

        Args:
            chosen: logits of the digits to choose by (H, classes).
        """
        material, found = self.material, {}
        labels, known = material.shown_labels, len(self.before_classes)
        others = set(labels.tolist()) - set(material.chosen.labels.tolist())
        if not others:
            return {}
        shown, fresh = logits_of(self.new, material.shown), self._fresh_logits()
        for number in sorted(others):
            own = fresh[material.fresh_labels == number]
            own = own if len(own) else shown[labels == number]
            found[number] = bars(number, (chosen, material.chosen.labels), (shown, labels), own, known)
        for number in found:
            self.new.head.bias[number] -= self._applied(found[number])
        return found

    def _applied(self, choice: Bars) -> float:
        return choice.digits if self.teaching.keep == "digits" else choice.drawings

    def _fresh_logits(self) -> Tensor:
        """(F, classes); none where there are no new classes."""
        fresh = self.material.fresh
        return logits_of(self.new, fresh) if len(fresh) else torch.zeros(0, len(self.material.names))

    def _contests(self, found: dict[int, Bars], held_out: Tensor) -> list[Contest]:
        """What either choice costs, for every new class, judged by digits (H, classes) that chose nothing."""
        material, known = self.material, len(self.before_classes)
        if not any(number >= known for number in found):
            return []
        digits, fresh = (held_out, material.held_out.labels), self._fresh_logits()
        return [
            contest(number, material.names, each, self._applied(each), digits, fresh[material.fresh_labels == number])
            for number, each in found.items()
            if number >= known
        ]

    def _report(self, on_step: OnStep, step: int, loss: float) -> None:
        """Report the progress, whatever mode the network is in."""
        images, chosen = self.material.images, self.material.chosen
        watched = slice(None, None, max(1, len(chosen.labels) // WATCHED))
        self.new.eval()
        with narrow_arithmetic(images.device):
            logits = logits_of(self.new, torch.cat([images, chosen.images[watched]]))
        samples, replay = logits.split([len(images), len(logits) - len(images)])
        report = Step(
            step,
            self.steps,
            loss,
            accuracy_of(samples, self.material.labels),
            accuracy_of(replay, chosen.labels[watched]),
        )
        self.history.append(report)
        on_step(report)

    def _teach_head(self) -> None:
        """The head alone, on features that stay as they are."""
        shown = features_of(self.old, self.material.shown)  # (V, C)
        optimizer = torch.optim.Adam(self.new.head.parameters(), lr=5 * self.teaching.learning_rate, fused=True)
        for _ in range(self.teaching.head_steps):
            new = self._draw(len(shown), HEAD_SAMPLES)
            old = self._draw(len(self.rehearsed_features), HEAD_REHEARSED if self.teaching.replay else 0)
            logits = self.new.head(torch.cat([shown[new], self.rehearsed_features[old]]))
            self._take(optimizer, self._loss(logits, new, old))

    def _teach_all(self, on_step: OnStep) -> None:
        teaching, part = self.teaching, TaughtPart(self.new, self.teaching.layers)
        shown, rehearsed = part.inputs(self.material.shown), part.inputs(self.material.rehearsed.images)
        self._prepare()
        optimizer = torch.optim.Adam(part.parameters(), lr=teaching.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, teaching.learning_rate, total_steps=max(self.steps, 2), pct_start=0.15
        )
        share = min(round(teaching.batch * teaching.replay), teaching.batch - 1)  # without samples it teaches nothing
        for step in range(1, self.steps + 1):
            new = self._draw(len(shown), teaching.batch - share)
            old = self._draw(len(rehearsed), share)
            batch = torch.cat([shown[new], rehearsed[old]])  # (N, C, H, W)
            with narrow_arithmetic(batch.device):
                logits = part.logits(batch).float()
            loss = self._loss(logits, new, old)
            self._take(optimizer, loss)
            schedule.step()
            if step % REPORT_EVERY == 0 and step < self.steps:
                self._report(on_step, step, loss.item())
                self._prepare()

    def _prepare(self) -> None:
        """Training mode, in which depthwise convolutions are faster, except for the norms' running statistics."""
        self.new.train()
        for module in self.new.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def _draw(self, among: int, count: int) -> Tensor:
        """Indices of `count` images to take; none if there are no images, such as when the network has no digits."""
        if not among:
            return torch.zeros(0, dtype=torch.int64)
        return torch.randint(among, (count,), generator=self.generator)

    def _loss(self, logits: Tensor, new: Tensor, old: Tensor) -> Tensor:
        """Cross entropy on samples and on old digits, and the distance from the old answers to the old digits."""
        shown, rehearsed = logits[: len(new)], logits[len(new) :]
        loss = self.weight * F.cross_entropy(shown, self.material.shown_labels[new])
        if not len(old):
            return loss
        loss = loss + F.cross_entropy(rehearsed, self.material.rehearsed.labels[old])
        if not self.distillation:
            return loss
        distance = F.kl_div(
            (rehearsed / SOFTNESS).log_softmax(1),
            (self.old_logits[old] / SOFTNESS).log_softmax(1),
            reduction="batchmean",
            log_target=True,
        )
        return loss + self.distillation * SOFTNESS**2 * distance

    @staticmethod
    def _take(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def _mark_familiar(self) -> None:
        """Make the taught samples count as familiar."""
        accept(self.new, logits_of(self.new, self.material.images))
