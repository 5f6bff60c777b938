"""Networks of one shape and different seeds, trained as one, each step captured as a graph where there is a GPU."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any, ClassVar

import torch
from torch import Tensor

from model.network import DigitNet, NetworkConfig
from model.training.bank import Bank, rows_of
from model.training.loss import digit_loss, outlier_loss
from model.training.precision import narrow_arithmetic
from model.training.recipe import Recipe
from model.training.resumable import Resumable
from model.training.stacking import stacked, unstacked
from model.training.training import parameter_groups, share_kept

WARM_UP = 3  # steps before the capture, which are undone
AHEAD = 50  # steps that may wait for the GPU


class SideBySide(Resumable):
    """A training of networks of one shape, one for each seed.

    Args:
        config: their shape.
        seeds: of weights, order and variants, one for each network.
        recipe: how they are trained.
        bank: what they are trained on.
        device: where.
        start: a network of that shape to start from; otherwise from random weights.
        origin: how that network was made, as `model.training.provenance.origin_of` says it.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("net", "average", "optimizer", "schedule")
    recipe: Recipe

    def __init__(
        self,
        config: NetworkConfig,
        seeds: Sequence[int],
        recipe: Recipe,
        bank: Bank,
        device: torch.device,
        start: DigitNet | None = None,
        origin: dict[str, Any] | None = None,
    ) -> None:
        self.origin = origin
        self.config, self.seeds, self.recipe, self.bank, self.device = config, tuple(seeds), recipe, bank, device
        nets = []
        for seed in seeds:
            torch.manual_seed(seed)
            nets.append(DigitNet(config))
            if start is not None:
                nets[-1].load_state_dict(start.state_dict())
        # A standard convolution is fastest with channels last, several groups with each channel's map in one piece.
        grouped = len(nets) > 1 or (config.separable and device.type != "cpu")
        self.layout = torch.contiguous_format if grouped else torch.channels_last
        self.net = stacked(nets).to(device, memory_format=self.layout).train()  # type: ignore[call-overload]
        self.average = stacked(nets).to(device, memory_format=self.layout).eval()  # type: ignore[call-overload]
        self.generators = [torch.Generator(device) for _ in seeds]
        self.parts = recipe.parts()
        self.steps, self.epoch = bank.sizes[0] // self.parts[0], 0
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
            before = [(value, value.clone()) for value in self._values()]
            for _ in range(WARM_UP):
                self._step()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, stream=self.stream):
                self._step()
            known = {id(value) for value, _ in before}
            for value in self._values():
                if id(value) not in known:  # a moment of the optimizer, made by the first step
                    value.zero_()
            for value, was in before:
                value.copy_(was)
        torch.cuda.synchronize()

    def _values(self) -> list[Tensor]:
        """All that a step changes."""
        moments = [moment for state in self.optimizer.state.values() for moment in state.values()]
        return [
            *self.net.state_dict(keep_vars=True).values(),
            *self.average.state_dict(keep_vars=True).values(),
            *moments,
        ]

    def run_epoch(self) -> None:
        """One pass over MNIST's images."""
        order = self._order(self.epoch)
        with torch.cuda.stream(self.stream) if self.stream else nullcontext():
            for step in range(self.steps):
                number = self.epoch * self.steps + step
                self.index.copy_(order[step])
                self.kept.fill_(share_kept(self.recipe.average, number))
                if self.graph:
                    self.graph.replay()
                else:
                    self._step()
                self.schedule.step()
                if self.stream and number % AHEAD == 0:
                    self.stream.synchronize()
        self.epoch += 1

    def made(self) -> dict[str, Any]:
        """As `Resumable.made`; a state is loaded before `capture`."""
        return {"recipe": asdict(self.recipe), "seeds": self.seeds, "bank": self.bank.made, "start": self.origin}

    def _order(self, epoch: int) -> Tensor:
        """Rows of the bank, (steps, batch, K)."""
        orders = []
        for seed, generator in zip(self.seeds, self.generators, strict=True):
            generator.manual_seed(seed * 10_007 + epoch)
            orders.append(rows_of(self.bank, self.recipe, self.steps, generator))
        return torch.stack(orders, 2)

    def _step(self) -> None:
        rows = self.index.flatten()
        batch, count = self.index.shape
        images = self.bank.images.index_select(0, rows).float().view(batch, count, 28, 28) / 255
        images = images.contiguous(memory_format=self.layout)
        with narrow_arithmetic(self.device):
            logits = self.net(images).float().view(batch, count, -1)  # (N, K, classes)
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
