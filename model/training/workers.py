"""The processes that train together, and the device that each computes on."""

import os

import torch
import torch.distributed as dist
from torch import nn

from model.network import DigitNet


class Workers:
    """One process, or one of several that torchrun started."""

    def __init__(self, device: str) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.device = pick_device(device)
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


def pick_device(name: str) -> torch.device:
    """The device of that name; auto is a GPU where there is one, each process's own.

    Raises:
        ValueError: there is no device of that name here.
    """
    if name == "auto":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
    try:
        return torch.zeros((), device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"There is no device {name} here; expected auto, cpu, cuda or cuda:N.") from error
