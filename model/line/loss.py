"""What the network is taught of a batch of lines, and by how much its answers miss it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from model.line.batches import Batch
from model.line.layout import NO_LABEL
from model.line.network import LineOutput

# Standard deviation of a centre's bell, as a share of the box's side, and the least, in cells.
BELL, LEAST_BELL = 0.12, 0.6
NEAR_CENTRE = 0.4  # cells whose bell is higher than this answer for box and digit


class Targets(NamedTuple):
    """What each cell should say; Hc and Wc as in `LineOutput`.

    Attributes:
        bell: (N, Hc, Wc) from 0 to 1, 1 at the cell in which a digit has its middle.
        owner: int64 (N, Hc, Wc), which box of its row is nearest.
    """

    bell: Tensor
    owner: Tensor


def targets_of(batch: Batch, stride: int, height: int, width: int) -> Targets:
    """Bells at the middles of the boxes (Zhou, Wang, Krähenbühl 2019, section 3), as wide and as high as these are."""
    there = batch.labels != NO_LABEL  # (N, M)
    middle = (batch.boxes[..., :2] + batch.boxes[..., 2:]) / 2 / stride  # (N, M, 2) as y, x, in cells
    cell = middle.floor() + 0.5  # the bell stands on a cell, so that its peak is 1
    spread = ((batch.boxes[..., 2:] - batch.boxes[..., :2]) / stride * BELL).clamp(min=LEAST_BELL)
    squared = []
    for axis, size in ((0, height), (1, width)):
        places = torch.arange(size, device=cell.device) + 0.5
        squared.append(((places - cell[..., axis, None]) / spread[..., axis, None]) ** 2)  # (N, M, size)
    bells = torch.exp(-0.5 * (squared[0][..., :, None] + squared[1][..., None, :]))  # (N, M, Hc, Wc)
    bells = bells * there[..., None, None]
    bell, owner = bells.max(dim=1)
    return Targets(bell, owner)


def line_loss(output: LineOutput, batch: Batch, stride: int, label_smoothing: float = 0.0) -> Tensor:
    """Focal loss of the centres, IoU loss of the boxes, cross-entropies of digits and of the pixels with ink."""
    height, width = output.centre.shape[1:]
    targets = targets_of(batch, stride, height, width)
    return (
        centre_loss(output.centre, targets.bell)
        + _cell_losses(output, batch, targets, stride, label_smoothing)
        + _pixel_loss(output.pixels, batch.owners)
    )


def centre_loss(logits: Tensor, bell: Tensor) -> Tensor:
    """Focal loss that forgives cells near a middle (Zhou, Wang, Krähenbühl 2019, equation 1), per digit."""
    peak = bell > 0.999
    likely = torch.sigmoid(logits)
    right = peak * (1 - likely) ** 2 * F.logsigmoid(logits)
    wrong = ~peak * (1 - bell) ** 4 * likely**2 * F.logsigmoid(-logits)
    return -(right + wrong).sum() / peak.sum().clamp(min=1)


def _cell_losses(output: LineOutput, batch: Batch, targets: Targets, stride: int, label_smoothing: float) -> Tensor:
    """Of box and digit, at the cells near a middle, those closer counting more."""
    rows, ys, xs = torch.nonzero(targets.bell > NEAR_CENTRE, as_tuple=True)
    if len(rows) == 0:
        return output.box.sum() * 0
    weight = targets.bell[rows, ys, xs]
    owner = targets.owner[rows, ys, xs]
    digit = F.cross_entropy(
        output.digit[rows, :, ys, xs], batch.labels[rows, owner], reduction="none", label_smoothing=label_smoothing
    )
    here = torch.stack([ys, xs], dim=1) * stride + stride / 2  # (K, 2), in pixels
    box = batch.boxes[rows, owner]  # (K, 4)
    wanted = torch.cat([here - box[:, :2], box[:, 2:] - here], dim=1)
    overlap = 1 - iou_of_distances(output.box[rows, :, ys, xs], wanted)
    return ((digit + overlap) * weight).sum() / weight.sum()


def iou_of_distances(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of boxes given by distances (K, 4) from one place to top, left, bottom, right."""
    shared = torch.minimum(one, other)
    inside = (shared[:, 0] + shared[:, 2]).clamp(min=0) * (shared[:, 1] + shared[:, 3]).clamp(min=0)
    areas = [(box[:, 0] + box[:, 2]) * (box[:, 1] + box[:, 3]) for box in (one, other)]
    return inside / (areas[0] + areas[1] - inside).clamp(min=1e-6)


def _pixel_loss(logits: Tensor, owners: Tensor) -> Tensor:
    """Cross-entropy of the pixels with ink."""
    rows, ys, xs = torch.nonzero(owners != NO_LABEL, as_tuple=True)
    if len(rows) == 0:
        return logits.sum() * 0
    return F.cross_entropy(logits.permute(0, 2, 3, 1)[rows, ys, xs], owners[rows, ys, xs])
