"""What the cells in the middle of a network's maps look at on the average drawing, kept in a small file beside it.

    python -m model.fields.mean_fields --checkpoint base      # writes checkpoints/base.fields.npz
    python -m model.fields.mean_fields --all                  # for all checkpoints

The mean of the effective fields (Luo et al. 2016, section 2) over the embedded drawings shows what the weights look at,
whereas the field of one drawing also shows which units happen to be dead on it.
"""

import argparse
import hashlib
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from model.checkpoint import checkpoint_names, checkpoint_path, load_checkpoint
from model.command import command
from model.drawing.examples import example_images
from model.drawing.strokes import IMAGE_SIZE
from model.fields.effective_field import carrying_box, mean_effective_field
from model.fields.layer_fields import receptive_field
from model.fields.receptive_field import Cell, Region
from model.layers import layers_of
from model.network import DigitNet, NetworkConfig

SHARE = 0.95  # of the influence, which `MeanField.box` contains
FINGERPRINT = "fingerprint"


class MeanField(NamedTuple):
    """What the middle cell of one layer looks at.

    Attributes:
        cell: (y, x) in the layer's map.
        field: float32 (28, 28), the mean effective field divided by its largest value, or all 0.
        region: the theoretical field, clipped to the image.
        box: the smallest square around the centre that contains `SHARE` of the field, clipped likewise.
    """

    cell: Cell
    field: np.ndarray
    region: Region
    box: Region

    @property
    def fraction(self) -> float:
        """Fraction of the theoretical field's pixels that contains `SHARE` of the influence, 0 to 1."""
        return self.box.area / self.region.area


def mapped_layers(config: NetworkConfig) -> list[str]:
    """Names of the layers that have a map with a middle: stem, convolutions and whole stages, first to last."""
    places = [layer for layer in layers_of(config) if layer.has_places]
    return list(dict.fromkeys(name for layer in places for name in (layer.name, layer.output)))


def compute_mean_fields(net: DigitNet, images: np.ndarray | None = None) -> dict[str, MeanField]:
    """The mean effective field of the middle cell of every layer that has a map.

    Args:
        net: a DigitNet in eval mode.
        images: uint8 (N, 28, 28), N at least 1; None takes the embedded drawings.

    Returns:
        By layer name, first to last.

    Raises:
        ValueError: the network is in training mode, or the images have another shape or type.
    """
    if images is None:
        images = example_images()
    fields = {}
    for layer in mapped_layers(net.config):
        field = mean_effective_field(net, layer, _middle(net, layer), images)
        fields[layer] = _measured(net, layer, field / (field.max() or 1))
    return fields


def save_mean_fields(net: DigitNet, name: str | Path, fields: dict[str, MeanField]) -> Path:
    """Write the fields beside the checkpoint that they were computed from.

    Args:
        net: that checkpoint's network.
        name: a name in checkpoints/ or a path.
        fields: that network's fields.
    """
    path = mean_fields_path(name)
    arrays: dict[str, Any] = {layer: mean.field.astype(np.float16) for layer, mean in fields.items()}
    np.savez_compressed(path, **arrays | {FINGERPRINT: np.array(fingerprint(net))})
    return path


def load_mean_fields(net: DigitNet, name: str | Path) -> dict[str, MeanField] | None:
    """The fields that are kept beside a checkpoint; None if there are none, or if they are another network's.

    Args:
        net: that checkpoint's network.
        name: a name in checkpoints/ or a path.
    """
    layers = mapped_layers(net.config)
    try:
        with np.load(mean_fields_path(name), allow_pickle=False) as file:
            if str(file[FINGERPRINT]) != fingerprint(net):
                return None
            arrays = {layer: file[layer].astype(np.float32) for layer in layers}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):  # what a damaged archive raises
        return None
    if any(array.shape != (IMAGE_SIZE, IMAGE_SIZE) for array in arrays.values()):
        return None
    return {layer: _measured(net, layer, array) for layer, array in arrays.items()}


def mean_fields_path(name: str | Path) -> Path:
    """Where the fields of a checkpoint are kept."""
    return checkpoint_path(name).with_suffix(".fields.npz")


def fingerprint(net: DigitNet) -> str:
    """A hash of the weights; the calibration, which is single numbers, is left out, since it changes no field."""
    digest = hashlib.sha256()
    for name, tensor in net.state_dict().items():
        if tensor.ndim == 0:
            continue
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _middle(net: DigitNet, layer: str) -> Cell:
    height, width = receptive_field(net, layer).map_size
    return height // 2, width // 2


def _measured(net: DigitNet, layer: str, field: np.ndarray) -> MeanField:
    cell, theory = _middle(net, layer), receptive_field(net, layer)
    return MeanField(cell, field, theory.region(*cell), carrying_box(field, theory.center_of(*cell), SHARE))


@command
def main() -> int:
    """Compute and keep the fields; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m model.fields.mean_fields", description=__doc__.partition("\n")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--checkpoint", help="name in checkpoints/ or path of a network")
    which.add_argument("--all", action="store_true", help="all networks in checkpoints/")
    options = parser.parse_args()
    for name in checkpoint_names() if options.all else [options.checkpoint]:
        net = load_checkpoint(name)
        fields = compute_mean_fields(net)
        path = save_mean_fields(net, name, fields)
        print(f"{path.name}: {path.stat().st_size:,} bytes")
        for layer, mean in fields.items():
            (height, width), (box_height, box_width) = mean.region.size, mean.box.size
            print(
                f"  {layer:20} field {height:2} x {width:2}, {SHARE:.0%} of the influence inside "
                f"{box_height:2} x {box_width:2}: {mean.fraction:.0%} of the field"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
