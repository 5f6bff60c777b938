"""The part of a network that is taught: it computes what the whole network does, from what the rest has computed."""

import pytest
import torch

from model.network import DigitNet, NetworkConfig, StageConfig
from model.teaching import parts
from model.teaching.parts import TaughtPart


@pytest.mark.parametrize(
    ("shares", "layers", "first"),
    [
        ((None,) * 4, "all", None),
        ((None,) * 4, "late", 2),
        ((None,) * 4, "last", 3),
        ((None,), "late", 0),
        ((None, None, None, 1), "late", 1),  # the last applies the second's weights
        ((None, None, None, 0), "last", 0),
    ],
)
def test_no_map_is_kept_that_changes_with_what_is_taught(
    shares: tuple[int | None, ...], layers: str, first: int | None
) -> None:
    stages = tuple(StageConfig(8, shares=owner) for owner in shares)
    assert TaughtPart(DigitNet(NetworkConfig(8, stages=stages)), layers).first == first


@pytest.mark.parametrize("layers", ["all", "late", "last"])
@pytest.mark.parametrize("room", [0, parts.MOST_BYTES])
def test_it_answers_as_the_network_does(
    small_net: DigitNet, layers: str, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOST_BYTES", room)
    images = torch.randint(256, (5, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    part = TaughtPart(small_net, layers)
    inputs = part.inputs(images)
    assert (inputs.dtype == torch.uint8) == (layers == "all" or not room)
    torch.testing.assert_close(part.logits(inputs[1:4]), small_net(images[1:4, None]))
    part.logits(inputs).sum().backward()
    moved = {name for name, weight in small_net.named_parameters() if weight.grad is not None}
    small_net.zero_grad()
    ids = {id(weight) for weight in part.parameters()}
    taught = {name for name, weight in small_net.named_parameters() if id(weight) in ids}
    places = {".".join(name.split(".")[: 2 if name.startswith("stages") else 1]) for name in taught}
    late = {"stages.2", "head"}  # the fourth stage applies the third's weights
    assert places == ({"stem", "stem_norm", "stages.0", "stages.1"} | late if layers == "all" else late)
    assert taught <= moved
