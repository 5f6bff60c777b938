"""The part of a network that a lesson changes.

The first stages find strokes, which are the same in every hand; the later ones put digits together (Yosinski et al.,
"How transferable are features in deep neural networks?", NeurIPS 2014). What the first stages make of the material is
computed once, so that a step costs only what the taught stages cost.
"""

import torch
from torch import Tensor

from model.metrics import BATCH
from model.network import DigitNet
from model.stages import folded_norms

MOST_BYTES = 256 * 2**20  # of maps that are kept


class TaughtPart:
    """The taught stages and the head of a network.

    Args:
        net: the network; what is not taught must not change meanwhile.
        layers: "all", "late" or "last", as in `Teaching`.

    Attributes:
        first: index of the first stage that applies weights that are taught; None if the stem is taught, too.
    """

    def __init__(self, net: DigitNet, layers: str) -> None:
        self.net, stages = net, net.stages
        self.first: int | None = None
        self._parameters: list[Tensor] = list(net.parameters())
        if layers != "all":
            taught = list(stages[-1 if layers == "last" else len(stages) // 2 :].parameters())
            self._parameters = [*taught, *net.head.parameters()]
            applied = {id(weight) for weight in taught}
            uses = [any(id(weight) in applied for weight in stage.parameters()) for stage in stages]
            self.first = uses.index(True)

    def parameters(self) -> list[Tensor]:
        """The weights that are taught."""
        return self._parameters

    @torch.no_grad()
    def inputs(self, images: Tensor) -> Tensor:
        """What the part reads of images, uint8 (N, 28, 28): (N, C, H, W); too many stay images, (N, 1, 28, 28)."""
        images = images[:, None]
        if self.first is None or len(images) * self._before(images[:1]).nbytes > MOST_BYTES:
            return images
        return torch.cat([self._before(batch) for batch in images.split(BATCH)])

    def logits(self, inputs: Tensor) -> Tensor:
        """Some of `inputs` -> (N, classes)."""
        if self.first is not None and inputs.dtype == torch.uint8:
            with torch.no_grad():
                inputs = self._before(inputs)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        with folded_norms():
            return self.net(inputs) if self.first is None else self.net.head(self.net.features_from(self.first, inputs))

    def _before(self, images: Tensor) -> Tensor:
        assert self.first is not None
        with folded_norms():
            return self.net.maps_before(self.first, images.contiguous(memory_format=torch.channels_last))
