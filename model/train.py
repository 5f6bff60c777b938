"""Train a network on MNIST and write it, with what it scores, to checkpoints/.

    python -m model.train --preset base --seed 0
    python -m model.train --preset base --seed 0 --resume            # go on after Ctrl-C
    python -m model.train --preset tiny --teacher base               # learn from base's answers too
    python -m model.train --study                                    # the networks of the Compare tab, all seeds
    torchrun --nproc-per-node 2 -m model.train --preset base         # data-parallel: gloo on CPU, nccl on GPUs

The same seed gives the same network on the same machine. The number of epochs is fixed beforehand and the last one
counts; the 5,000 validation images set the temperature, and the 10,000 test images are read once, at the very end.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from model.checkpoint import check_place, checkpoint_path, default_name, load_checkpoint, read_metadata, save_checkpoint
from model.command import STOPPED, command
from model.data import DEFAULT_DATA, Augmentation, Split, augment, load_mnist, load_training
from model.evaluate import load_pendigits, pendigits_figures, record
from model.metrics import calibrate, count_correct, figures, logits_of
from model.network import PRESETS, DigitNet, NetworkConfig, count_parameters
from model.precision import narrow_arithmetic
from model.study.networks import SEEDS, STUDY

RUNS = Path("runs")
NETWORKS = PRESETS | STUDY


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        epochs: passes over the 55,000 training images.
        batch: images a step, over all processes together.
        learning_rate: the peak of one cycle (Smith & Topin 2018), warmed up over the first tenth.
        weight_decay: AdamW's, on convolution and linear weights only.
        label_smoothing: share of the target spread over all classes.
        average: decay of the exponential moving average of the weights, per step.
        strength: multiplies every amount of the augmentation.
        distill: weight of the teacher's answers against the labels, where there is a teacher.
        temperature: softens both sides of the distillation (Hinton et al. 2015).
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

    def augmentation(self) -> Augmentation:
        """The default augmentation, scaled."""
        return Augmentation(*(amount * self.strength for amount in Augmentation()))


RECIPES = {
    "nano": Recipe(epochs=60, batch=64, learning_rate=2e-2, weight_decay=0.0, label_smoothing=0.0, strength=0.2),
    "tiny": Recipe(epochs=40, batch=64, learning_rate=1.5e-2, weight_decay=0.001, label_smoothing=0.0, strength=0.5),
    "small": Recipe(epochs=40, batch=64, learning_rate=1e-2, weight_decay=0.01, label_smoothing=0.02, strength=0.8),
    "base": Recipe(epochs=60, strength=0.8),
    "large": Recipe(epochs=16, learning_rate=6e-3, weight_decay=0.03),
    **dict.fromkeys(STUDY, Recipe(epochs=3, learning_rate=1e-2, weight_decay=0.01, label_smoothing=0.02, strength=0.8)),
}


class Workers:
    """One process, or one of several that torchrun started."""

    def __init__(self, device: str) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.device = _pick_device(device)
        if self.count > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    @property
    def leads(self) -> bool:
        """Whether this process reports and writes."""
        return self.rank == 0

    def wrap(self, net: DigitNet) -> nn.Module:
        """The module to call: gradients are averaged over the processes."""
        return nn.parallel.DistributedDataParallel(net) if self.count > 1 else net

    def close(self) -> None:
        """Leave the group."""
        if self.count > 1:
            dist.destroy_process_group()


def _pick_device(name: str) -> torch.device:
    if name == "auto":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
    try:
        return torch.zeros((), device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"There is no device {name} here; expected auto, cpu, cuda or cuda:N.") from error


def _moving_average(decay: float) -> Callable[[list[Tensor], list[Tensor], Tensor | int], None]:
    """Exponential moving average that forgets the untrained start: its decay grows with the number of steps."""

    def update(averages: list[Tensor], new: list[Tensor], steps: Tensor | int) -> None:
        get_ema_multi_avg_fn(min(decay, 1 - 10 / (10 + int(steps))))(averages, new, steps)

    return update


class Training:
    """A run that can be stopped after any epoch and taken up again, with the same result as without the stop.

    Args:
        config: the network's shape.
        seed: of the weights, the order of the images and their augmentation.
        recipe: how it is trained.
        data: the images to train on.
        workers: where it is trained.
        teacher: name or path of a checkpoint whose answers are learned too, or None.
    """

    def __init__(
        self,
        config: NetworkConfig,
        seed: int,
        recipe: Recipe,
        data: Split,
        workers: Workers,
        teacher: str | None = None,
    ) -> None:
        self.seed, self.recipe, self.workers = seed, recipe, workers
        device = workers.device
        torch.manual_seed(seed)
        self.net = DigitNet(config).to(device, memory_format=torch.channels_last)
        self.module = workers.wrap(self.net)
        self.average = AveragedModel(self.net, multi_avg_fn=_moving_average(recipe.average), use_buffers=True)
        self.taught_by = teacher
        self.teacher = load_checkpoint(teacher).to(device) if teacher else None
        self.data = Split(data.images.to(device), data.labels.to(device))
        self.generator = torch.Generator(device)
        self.epoch = 0
        self.steps = len(data.labels) // recipe.batch
        self.optimizer = torch.optim.AdamW(self._parameter_groups(), lr=recipe.learning_rate, fused=True)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, recipe.learning_rate, total_steps=recipe.epochs * self.steps, pct_start=0.1
        )

    def _parameter_groups(self) -> list[dict]:
        matrices = [p for p in self.net.parameters() if p.ndim > 1]
        vectors = [p for p in self.net.parameters() if p.ndim <= 1]
        return [{"params": matrices, "weight_decay": self.recipe.weight_decay}, {"params": vectors, "weight_decay": 0}]

    def run_epoch(self) -> float:
        """One pass over the data; returns the mean loss."""
        title, quiet = f"epoch {self.epoch + 1}", not self.workers.leads
        losses = list(tqdm(self.step_through_epoch(), title, self.steps, leave=False, disable=quiet))
        return torch.stack(losses).mean().item()

    def step_through_epoch(self, first: int = 0, generator: Tensor | None = None) -> Iterator[Tensor]:
        """One pass over the data, step by step, at the pace of whoever asks; yields each step's loss.

        Args:
            first: the step to go on with, where a pass was broken off before it.
            generator: state of `self.generator` as it was then.
        """
        recipe, workers = self.recipe, self.workers
        self.module.train()
        # Seeded by epoch, so that a resumed run sees what an uninterrupted one would have seen.
        order = torch.randperm(
            len(self.data.labels), generator=torch.Generator().manual_seed(self.seed * 10_007 + self.epoch)
        )
        self.generator.manual_seed((self.seed * 10_007 + self.epoch) * workers.count + workers.rank)
        if generator is not None:
            self.generator.set_state(generator)
        for step in range(first, self.steps):
            batch = order[step * recipe.batch : (step + 1) * recipe.batch][workers.rank :: workers.count]
            yield self._step(batch)
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
        recipe = self.recipe
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        if self.teacher is None:
            return loss
        with torch.inference_mode():
            answers = (self.teacher(images) / self.teacher.temperature / recipe.temperature).softmax(1)
        soft = F.cross_entropy(logits / recipe.temperature, answers.clone())
        return (1 - recipe.distill) * loss + recipe.distill * recipe.temperature * soft

    def result(self) -> DigitNet:
        """The averaged network, in eval mode, on its device."""
        return self.average.module.eval()

    def save(self, path: Path) -> None:
        """Keep everything that `load` needs to go on."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save({"recipe": asdict(self.recipe), "teacher": self.taught_by, **self.state()}, partial)
        partial.replace(path)

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on, recipe and data aside."""
        return {
            "epoch": self.epoch,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`, of a training with the same arguments."""
        self.epoch = state["epoch"]
        for part in ("net", "average", "optimizer", "schedule"):
            getattr(self, part).load_state_dict(state[part])

    def load(self, path: Path) -> None:
        """Go on from `save`.

        Raises:
            ValueError: the state is damaged, or of another recipe.
        """
        try:
            state = torch.load(path, map_location=self.workers.device, weights_only=True)
            made = state["recipe"], state["teacher"]
        except (RuntimeError, EOFError, UnpicklingError, LookupError, TypeError) as error:
            raise ValueError(
                f"{path} is damaged or none of this program's; without --resume the training starts anew."
            ) from error
        if made != (asdict(self.recipe), self.taught_by):
            raise ValueError(
                f"{path} was made with another recipe or teacher; expected {asdict(self.recipe)} and {self.taught_by}."
            )
        self.restore(state)


def state_file(preset: str, seed: int, runs: Path = RUNS) -> Path:
    """Where a training keeps what it has learned, after every epoch."""
    return runs / f"{preset}-seed{seed}.pt"


def train(
    preset: str,
    seed: int,
    recipe: Recipe,
    data: str | Path = DEFAULT_DATA,
    *,
    teacher: str | None = None,
    device: str = "auto",
    resume: bool = False,
    runs: Path = RUNS,
) -> tuple[DigitNet, dict]:
    """Train to the last epoch; a state to resume from is kept in `runs` after every epoch.

    Returns:
        The averaged network with its temperature set, and its history (recipe, seed, figures) for the checkpoint.

    Raises:
        DataError: MNIST is neither there nor to be had.
        ValueError: `resume` with a state of another recipe.
    """
    training_data, validation = load_training(data)
    workers = Workers(device)
    training = Training(NETWORKS[preset], seed, recipe, training_data, workers, teacher)
    state = state_file(preset, seed, runs)
    if resume and state.is_file():
        training.load(state)
    if workers.leads:
        print(f"{preset}: {count_parameters(training.net):,} parameters, seed {seed}, {workers.device}, {recipe}")
    watched = Split(validation.images.to(workers.device), validation.labels.to(workers.device))
    while training.epoch < recipe.epochs:
        loss = training.run_epoch()
        if workers.leads:
            training.save(state)
            correct = count_correct(logits_of(training.result(), watched.images), watched.labels)
            accuracy = 100 * correct / len(watched.labels)
            print(
                f"epoch {training.epoch:3d}/{recipe.epochs}  loss {loss:.4f}  validation {accuracy:.2f} %", flush=True
            )
    net = training.result().cpu()
    calibrate(net, validation)
    history = {
        "preset": preset,
        "seed": seed,
        "recipe": asdict(recipe),
        "teacher": teacher,
        "figures": {
            "validation": figures(net, validation),
            "test": figures(net, load_mnist(data, train=False)),
        },
    }
    workers.close()
    return net, history


def train_study(
    seeds: Sequence[int] = SEEDS,
    data: str | Path = DEFAULT_DATA,
    *,
    epochs: int | None = None,
    device: str = "auto",
    pendigits: str | Path | None = None,
) -> None:
    """Train the study's networks with every seed and write their checkpoints; those that are finished are left alone.

    All networks of one seed come before the next seed, so that a study that was stopped can be compared already.

    Args:
        seeds: of the trainings.
        data: directory that holds MNIST/raw; downloaded if absent.
        epochs: instead of the recipe's.
        device: auto, cpu, cuda, ...
        pendigits: a pendigits file, to record the accuracy on its pen strokes too.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CorpusError: the pendigits file cannot be read.
    """
    strokes = load_pendigits(pendigits) if pendigits else None
    for seed, preset in product(seeds, STUDY):
        name, recipe = default_name(preset, seed), _recipe(preset, epochs)
        if not _is_trained(name, recipe):
            _write(*train(preset, seed, recipe, data, device=device, resume=True), name)
        if strokes and "pendigits" not in read_metadata(name)["figures"]:
            record(name, "pendigits", pendigits_figures(load_checkpoint(name), strokes))


def _is_trained(name: str, recipe: Recipe) -> bool:
    return checkpoint_path(name).is_file() and read_metadata(name).get("recipe") == asdict(recipe)


def _recipe(preset: str, epochs: int | None) -> Recipe:
    if epochs is None:
        return RECIPES[preset]
    if epochs < 1:
        raise ValueError(f"--epochs is {epochs}; expected 1 or more.")
    return replace(RECIPES[preset], epochs=epochs)


def _write(net: DigitNet, history: dict, name: str) -> None:
    if int(os.environ.get("RANK", "0")) == 0:
        path = save_checkpoint(net, name, **history)
        test = history["figures"]["test"]
        print(f"{path}: test accuracy {100 * test['accuracy']:.2f} %, temperature {net.temperature:.3f}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.train", description="Train a network on MNIST.")
    parser.add_argument("--preset", choices=NETWORKS, default="base")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--study", action="store_true", help="train the networks of the study that are not yet trained")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the study; default: 0 1 2")
    parser.add_argument("--pendigits", metavar="FILE", help="record the study's accuracy on these pen strokes too")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--teacher", help="checkpoint whose answers are learned too")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument("--out", help="name or path of the checkpoint; default: PRESET, or PRESET-seedN for N > 0")
    return parser.parse_args()


@command
def main() -> int:
    """The command; returns its exit code."""
    options = _arguments()
    try:
        if options.study:
            train_study(
                options.seeds,
                options.data,
                epochs=options.epochs,
                device=options.device,
                pendigits=options.pendigits,
            )
            return 0
        out = options.out or default_name(options.preset, options.seed)
        check_place(out)
        net, history = train(
            options.preset,
            options.seed,
            _recipe(options.preset, options.epochs),
            options.data,
            teacher=options.teacher,
            device=options.device,
            resume=options.resume,
        )
        _write(net, history, out)
    except KeyboardInterrupt:
        if state_file(options.preset, options.seed).is_file():
            print("\nStopped; the last finished epoch is kept: the same command with --resume goes on from it.")
        else:
            print("\nStopped before an epoch was finished; nothing is kept.")
        return STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
