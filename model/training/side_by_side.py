"""Train several networks side by side on a GPU, whole steps captured as graphs, and write their checkpoints.

    python -m model.training.side_by_side --networks wide --seeds 0 1 2 --out runs/wide
    python -m model.training.side_by_side --networks tiny small --seeds 0 1 2 --teachers runs/wide/*.safetensors

Networks of one shape with different seeds are computed as one (`model.training.stacking`), different shapes at the same
time on streams of their own. What is learned is what `python -m model.train` teaches, apart from this: distorted images
come from a bank (`model.training.bank`), several teachers may answer together, and AdamW's momentum stays as it is. On
a CPU it works as well, but is no faster than one training after the other.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.checkpoint import SUFFIX, default_name, load_checkpoint, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Augmentation, Split, load_mnist, load_training
from model.metrics import calibrate, figures, test_figures
from model.network import DigitNet, NetworkConfig
from model.training.bank import VARIANTS, Bank, build_bank, rows_of
from model.training.loss import digit_loss, outlier_loss
from model.training.material import HELD_OUT, HELD_OUT_SEED, Material, load_hands, load_outliers
from model.training.precision import narrow_arithmetic
from model.training.recipe import NETWORKS, RECIPES, Recipe
from model.training.stacking import stacked, unstacked
from model.training.training import parameter_groups, share_kept
from model.training.workers import pick_device

WARM_UP = 3  # steps before the capture, which are undone
AHEAD = 50  # steps that may wait for the GPU


class SideBySide:
    """A training of networks of one shape, one for each seed.

    Args:
        config: their shape.
        seeds: of weights, order and variants, one for each network.
        recipe: how they are trained.
        bank: what they are trained on.
        device: where.
    """

    def __init__(
        self, config: NetworkConfig, seeds: Sequence[int], recipe: Recipe, bank: Bank, device: torch.device
    ) -> None:
        self.config, self.seeds, self.recipe, self.bank, self.device = config, tuple(seeds), recipe, bank, device
        nets = []
        for seed in seeds:
            torch.manual_seed(seed)
            nets.append(DigitNet(config))
        # A standard convolution is fastest with channels last, several groups with each channel's map in one piece.
        self.layout = torch.contiguous_format if config.separable or len(nets) > 1 else torch.channels_last
        self.net = stacked(nets).to(device, memory_format=self.layout).train()  # type: ignore[call-overload]
        self.average = stacked(nets).to(device, memory_format=self.layout).eval()  # type: ignore[call-overload]
        self.generators = [torch.Generator(device) for _ in seeds]
        self.parts = recipe.parts()
        self.steps = bank.sizes[0] // self.parts[0]
        self.index = torch.zeros(recipe.batch, len(nets), dtype=torch.long, device=device)
        self.kept = torch.zeros((), device=device)  # share of the average that stays
        on_gpu = device.type == "cuda"
        rate = torch.tensor(recipe.learning_rate, device=device)
        groups = parameter_groups(self.net, recipe.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=rate, fused=True, capturable=on_gpu)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            recipe.learning_rate,
            total_steps=recipe.epochs * self.steps + 1,
            pct_start=0.1,
            cycle_momentum=False,
        )
        self.stream = torch.cuda.Stream(device) if on_gpu else None
        self.graph: torch.cuda.CUDAGraph | None = None

    def capture(self) -> None:
        """Record one step as a graph; weights, averages and the optimizer's state stay as they were."""
        if self.stream is None:
            return
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            before = [value.clone() for value in self.net.state_dict().values()]
            for _ in range(WARM_UP):
                self._step()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, stream=self.stream):
                self._step()
            for value, was in zip(self.net.state_dict().values(), before, strict=True):
                value.copy_(was)
            for state in self.optimizer.state.values():
                for moment in state.values():
                    moment.zero_()
        torch.cuda.synchronize()

    def run(self) -> None:
        """All epochs."""
        with torch.cuda.stream(self.stream) if self.stream else nullcontext():
            number = 0
            for epoch in range(self.recipe.epochs):
                order = self._order(epoch)
                for step in range(self.steps):
                    self.index.copy_(order[step])
                    self.kept.fill_(share_kept(self.recipe.average, number))
                    if self.graph:
                        self.graph.replay()
                    else:
                        self._step()
                    self.schedule.step()
                    number += 1
                    if self.stream and number % AHEAD == 0:
                        self.stream.synchronize()

    def _order(self, epoch: int) -> Tensor:
        """Rows of the bank, (steps, batch, K)."""
        orders = []
        for seed, generator in zip(self.seeds, self.generators, strict=True):
            generator.manual_seed(seed * 10_007 + epoch)
            orders.append(rows_of(self.bank, self.parts, self.steps, generator))
        return torch.stack(orders, 2)

    def _step(self) -> None:
        rows = self.index.flatten()
        batch, count = self.index.shape
        images = self.bank.images.index_select(0, rows).float().view(batch, count, 28, 28) / 255
        images = images.contiguous(memory_format=self.layout)
        with narrow_arithmetic(self.device):
            logits = self.net(images).float()  # (N, K, classes)
        loss = self._loss(logits, rows)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self._update_average()

    def _loss(self, logits: Tensor, rows: Tensor) -> Tensor:
        """The sum of the networks' losses."""
        digits = self.parts[0] + self.parts[1]
        said = logits[:digits].flatten(0, 1)
        rows = rows[: len(said)]
        answers = None if self.bank.answers is None else self.bank.answers.index_select(0, rows).float()
        loss = digit_loss(self.recipe, said, self.bank.labels.index_select(0, rows), answers)
        if self.parts[2]:
            loss = loss + self.recipe.outlier_weight * outlier_loss(logits[digits:])
        return loss * len(self.seeds)

    @torch.no_grad()
    def _update_average(self) -> None:
        mine = [value for value in self.average.state_dict().values() if value.is_floating_point()]
        new = [value for value in self.net.state_dict().values() if value.is_floating_point()]
        torch._foreach_mul_(mine, self.kept)
        torch._foreach_add_(mine, torch._foreach_mul(new, 1 - self.kept))

    def results(self) -> list[DigitNet]:
        """The averaged networks, in eval mode, on the CPU."""
        nets = []
        for state in unstacked(self.average, len(self.seeds)):
            net = DigitNet(self.config)
            net.load_state_dict(state)
            nets.append(net.eval())
        return nets


def write(
    training: SideBySide, name: str, validation: Split, held_out: Split, test: Split, to: Path, said: dict[str, Any]
) -> None:
    """Calibrate, measure and write every network of a training, as `model.train` does."""
    for seed, net in zip(training.seeds, training.results(), strict=True):
        calibrate(net, validation, held_out if training.recipe.outliers else None)
        measured = {
            "validation": figures(net, validation),
            "test": test_figures(net, test),
            "hands": figures(net, held_out),
        }
        recipe = asdict(training.recipe)
        path = save_checkpoint(
            net,
            to / f"{default_name(name, seed)}{SUFFIX}",
            preset=name,
            seed=seed,
            recipe=recipe,
            figures=measured,
            **said,
        )
        print(path.stem, {kind: round(100 * values["accuracy"], 2) for kind, values in measured.items()}, flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.side_by_side", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["small"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--batch", type=int, help="images a step, instead of the recipe's")
    parser.add_argument("--variants", type=int, default=VARIANTS, help="of each image; default: %(default)s")
    parser.add_argument(
        "--teachers", nargs="*", default=[], metavar="NAME", help="checkpoints whose answers are learned"
    )
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--outliers", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of rendered drawings; default: runs")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="directory of the checkpoints; default: runs")
    return parser.parse_args(arguments)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    started = time.monotonic()
    torch.backends.cudnn.benchmark = True

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", flush=True)

    device = pick_device(options.device)
    mnist, validation = load_training(options.data)
    material = Material(
        mnist, load_hands(cache=options.runs), load_outliers(corpus=options.outliers, cache=options.runs)
    )
    held_out, test = load_hands(HELD_OUT, HELD_OUT_SEED, cache=options.runs), load_mnist(options.data, train=False)
    teachers = [load_checkpoint(name) for name in options.teachers]
    said = {
        "side_by_side": True,
        "teacher": " ".join(Path(name).stem for name in options.teachers) or None,
        **({"letters": Path(options.outliers).name} if options.outliers else {}),
    }
    banks: dict[Augmentation, Bank] = {}
    trainings: dict[str, SideBySide] = {}
    for name in options.networks:
        changed = {"batch": options.batch, "epochs": options.epochs}
        recipe = replace(RECIPES[name], **{key: value for key, value in changed.items() if value is not None})
        how = recipe.augmentation()
        if how not in banks:
            banks[how] = build_bank(material, how, device, teachers, options.variants)
        trainings[name] = SideBySide(NETWORKS[name], options.seeds, recipe, banks[how], device)
        trainings[name].capture()
        tell(f"{name} is ready")

    def run(name: str) -> None:
        trainings[name].run()
        write(trainings[name], name, validation, held_out, test, options.out, said)
        tell(f"{name} is trained and written")

    with ThreadPoolExecutor(len(trainings)) as threads:
        list(threads.map(run, trainings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
