"""What is known of an image: regions of any shape for training, so that the network learns to complete what is there.

A region is where a smooth random field lies above a random level: a half, a corner, a stripe, a hole, some blobs. In
half of the regions only the ink is known, as of a drawing that is not finished; in the others the paper is known too,
as of an image with a hole in it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from model.drawing.strokes import IMAGE_SIZE
from model.generation.flow import PAPER

GRID = 4  # control points a side of the field
SLOPE = 2.0  # largest rise of the field from one side to the other, in its deviations
INK_ONLY = 0.5  # share of the regions of which the ink alone is known


def draw_regions(count: int, generator: torch.Generator) -> Tensor:
    """Random regions, float (N, 1, 28, 28) of 0 and 1."""
    device = generator.device
    bumps = torch.randn(count, 1, GRID, GRID, generator=generator, device=device)
    field = F.interpolate(bumps, (IMAGE_SIZE, IMAGE_SIZE), mode="bicubic", align_corners=True)
    slopes = SLOPE * torch.randn(count, 2, 1, 1, generator=generator, device=device)
    place = torch.linspace(-1, 1, IMAGE_SIZE, device=device)
    field = field + slopes[:, :1] * place[:, None] + slopes[:, 1:] * place
    share = torch.rand(count, 1, generator=generator, device=device)
    ranked = field.flatten(1).sort(dim=1).values
    level = ranked.gather(1, (share * (ranked.shape[1] - 1)).long())
    return (field >= level[:, :, None, None]).float()


def draw_masks(values: Tensor, generator: torch.Generator) -> Tensor:
    """What is known of these images: float (N, 1, 28, 28), 1 where it is known.

    Args:
        values: (N, 1, 28, 28), ink 1 on paper -1.
        generator: on the images' device.
    """
    regions = draw_regions(len(values), generator)
    ink_only = torch.rand(len(values), 1, 1, 1, generator=generator, device=generator.device) < INK_ONLY
    return torch.where(ink_only, regions * (values > PAPER), regions)
