"""The text of the Learn tab: templates in which every number is filled in by the code that computes it.

Formulas are LaTeX between dollar signs. Outside of them a template holds no digit.
"""

from functools import lru_cache
from math import gcd

from model import receptive_field
from model.cost.convolution import Convolution
from model.cost.separable import effective_kernel
from model.cost.worked_example import IN_READING_ORDER, WorkedExample
from model.drawing.strokes import IMAGE_SIZE
from model.fields.gridding import hybrid_dilation_gap, meets_hybrid_dilation
from model.fields.layer_fields import coverage
from model.layers import milestones
from model.network import PRESETS, DigitNet
from ui.learn.figures import convolution_of
from ui.learn.gridding import KERNEL, START, columns_read

EXAMPLE = "base"  # the preset whose first stage the texts describe

INTRODUCTION = r"""
Every figure on this page works on **your drawing**, with the weights of the network chosen under it.
"""

DEPTHWISE = r"""
## Depthwise: look around, one channel at a time

A convolution does two things at once: it looks at the neighbourhood of each cell, and it mixes channels. A
**depthwise** convolution does only the first. Each channel has one small kernel of its own, which slides over that
channel and sees no other:

$$y_{c,\,i,\,j} = b_c + \sum_{u=0}^{K_h-1} \sum_{v=0}^{K_w-1} w_{c,\,u,\,v}\; x_{c,\; s i + d u - p,\; s j + d v - p}$$

Here $x$ is the input and $y$ the output, $c$ the channel, $(i, j)$ the cell, $s$ the stride, $d$ the dilation and $p$
the padding; outside the map, $x$ counts as $0$. The bias $b_c$ is left out where a norm follows. That makes
$C_{in} \cdot K_h \cdot K_w$ weights: %(depthwise)s with %(channels)s channels and a %(kernel)s x %(kernel)s kernel.
"""

POINTWISE = r"""
## Pointwise: mix the channels, one cell at a time

A **pointwise** convolution does the other half: it looks at a single cell and sums over the channels there.

$$z_{o,\,i,\,j} = b_o + \sum_{c=0}^{C_{in}-1} v_{o,\,c}\; y_{c,\,i,\,j}$$

Each of the $C_{out}$ output channels has one weight for each input channel, $C_{in} \cdot C_{out}$ in all:
%(pointwise)s for %(channels)s channels in and out.
"""

SEPARABLE = r"""
## Separable: one after the other

A depthwise convolution followed by a pointwise one is a **depthwise-separable** convolution. Like a standard
convolution, it looks around and mixes channels, but with far fewer weights:

| convolution | weights | %(channels)s channels, %(kernel)s x %(kernel)s |
| :-- | :-- | --: |
| standard | $C_{in} \cdot C_{out} \cdot K_h \cdot K_w$ | %(standard)s |
| depthwise | $C_{in} \cdot K_h \cdot K_w$ | %(depthwise)s |
| pointwise | $C_{in} \cdot C_{out}$ | %(pointwise)s |
| separable | the sum of the two | %(separable)s |

$$\frac{C_{in} K_h K_w + C_{in} C_{out}}{C_{in} C_{out} K_h K_w} = \frac{1}{C_{out}} + \frac{1}{K_h K_w}$$

Here that is %(ratio)s. Each weight is used once for every cell of the output, so the multiply-accumulates are the
weights times $H' W'$, and the ratio is the same: %(separable_macs)s instead of %(standard_macs)s on maps of %(map)s x
%(map)s cells.

The price: in each input channel there is only one pattern to look for, and the outputs differ only in how much of
it they use. A standard convolution has a separate pattern for every pair of channels.
"""

DILATION = r"""
## Dilation: the same taps, farther apart

A **dilated** (or atrous) kernel skips $d - 1$ cells between neighbouring taps. It reaches over

$$K' = d\,(K - 1) + 1$$

cells instead of $K$, with the same weights: %(kernel)s x %(kernel)s taps reach over %(reaches)s cells at dilations
%(dilations)s, and they are still %(taps)s weights. Dilation adds **no** parameters and, where the padding keeps the
size of the map, no arithmetic. The output has

$$H' = \left\lfloor \frac{H + 2p - d\,(K_h - 1) - 1}{s} \right\rfloor + 1$$

rows, and columns likewise. Without padding, a map would lose $d\,(K - 1)$ of each at stride $1$; where $K$ is odd,
$p = d\,(K - 1) / 2$ zeros on either side make up for them. With $K = 3$ that is $p = d$: padding equals dilation. The
price: the cells between the taps are not read. At dilation %(wide)s the taps read only %(taps)s of the %(wide_area)s
cells they reach over.
"""

TOGETHER = r"""
## Both together

A separable dilated stage adds one choice to a separable one: how far apart the taps of the depthwise step are. The
pointwise step never changes. The receptive field grows stage by stage: where a cell sees $r$ pixels and neighbouring
cells lie $j$ pixels apart, the next stage makes that

$$r' = r + d\,(K - 1)\,j \qquad j' = s\,j$$

starting with $r = j = 1$ at the image. Dilation thus widens the field without the larger kernel, the additional
stages or the stride that would otherwise be needed. Stride widens the fields of all later stages as well, but leaves
fewer cells: the map is coarser. Dilation keeps every cell. In %(preset)s the stages have dilations
%(preset_dilations)s; their fields are %(preset_fields)s pixels wide. Stage %(whole)s is the first that sees the whole
image of %(image)s x %(image)s pixels.
"""

WORKED = r"""
## By hand

A %(side)s x %(side)s input and a %(side)s x %(side)s kernel, both filled with %(first)s … %(last)s in reading order.
Without padding ("valid") the kernel fits in only one place, so the depthwise step gives a single number, %(valid)s.
With "same" padding it gives %(same_cells)s numbers, the first of which is %(same_first)s. Change any number, and step
through the cells to see every product.
"""

CALCULATOR = r"""
## Calculator

Every symbol is a slider. Next to what the formulas give is what PyTorch's own `torch.nn.Conv2d` modules have and do,
as counted by `torch.utils.flop_counter`.
"""

GRIDDING = r"""
## When gridding happens

Several dilated layers in a row can leave holes: pixels inside the field that no path of taps reaches. After layers with
dilations $d_1, d_2, \dots, d_n$ with $K = %(kernel)s$, a cell reads the offsets $\sum_i d_i t_i$ with each $t_i$ one
of $-1, 0, 1$.

- If a number greater than $1$ divides all dilations, only its multiples are ever read: %(bad)s read only
  %(bad_read)s of %(bad_size)s columns.
- Dilations that start at $1$ and grow slowly leave no holes: %(good)s read all %(good_size)s columns.
- The rule of hybrid dilated convolution (Wang et al., "Understanding Convolution for Semantic Segmentation"): with
  $M_n = d_n$ and $M_i = \max(M_{i+1} - 2 d_i,\; 2 d_i - M_{i+1},\; d_i)$, require $M_2 \le K$. If $d_1 = 1$,
  this guarantees that there are no holes. Otherwise it does not: %(kept)s satisfy it, with $M_2 = %(kept_gap)s$, yet
  read only %(kept_read)s of %(kept_size)s columns. Nor is it necessary: %(broken)s violate it, with
  $M_2 = %(broken_gap)s$, yet read all %(broken_size)s.
- %(preset)s leaves no holes: with dilations %(preset_dilations)s, a cell of its last stage reads all %(preset_read)s
  pixels of its field, as the Network tab counts.
- A residual path fills no holes: the middle tap of an odd kernel already reads the cell that it passes on.
"""

SOURCE = r"""
## The code

The reference function behind the figures and the worked example, from `model/cost/separable.py`. It is deliberately
slow and plain; tests check it against `torch.nn.functional.conv2d` with groups and against loops over every number.
"""


def lesson(template: str) -> str:
    """A template with its numbers filled in."""
    return template % numbers()


@lru_cache
def numbers() -> dict[str, str]:
    """Every number that the templates name, computed."""
    net = DigitNet(PRESETS[EXAMPLE])
    convolution = convolution_of(net, 0)
    size = net.config.stem_stride
    shape = {"height": IMAGE_SIZE // size, "width": IMAGE_SIZE // size}
    convolution = Convolution(**{**vars(convolution), **shape})
    return {**_costs(convolution), **_reaches(convolution), **_fields(net), **_example(), **_gridding()}


def _costs(convolution: Convolution) -> dict[str, str]:
    costs = convolution.costs()
    return {
        "channels": str(convolution.in_channels),
        "kernel": str(convolution.kernel_height),
        "ratio": f"{100 * convolution.ratio:.1f} %",
        "map": str(convolution.output_size[0]),
        **{kind: f"{cost.parameters:,}" for kind, cost in costs.items()},
        **{f"{kind}_macs": f"{cost.multiply_accumulates:,}" for kind, cost in costs.items()},
    }


def _reaches(convolution: Convolution) -> dict[str, str]:
    kernel = convolution.kernel_height
    dilations = (1, 2, 3, 4)
    reaches = [effective_kernel(kernel, dilation) for dilation in dilations]
    return {
        "taps": str(kernel**2),
        "dilations": _listed(dilations),
        "reaches": _listed([f"{reach} x {reach}" for reach in reaches]),
        "wide": str(dilations[-1]),
        "wide_area": str(reaches[-1] ** 2),
    }


def _fields(net: DigitNet) -> dict[str, str]:
    stages = net.config.stages
    fields = [receptive_field(net, stage.output).size[0] for stage in milestones(net.config)[1:]]
    return {
        "preset": EXAMPLE,
        "preset_dilations": _listed([stage.dilation for stage in stages]),
        "preset_fields": _listed(fields),
        "preset_read": f"{coverage(net, milestones(net.config)[-1].output).read:,}",
        "whole": str(next(number for number, field in enumerate(fields, 1) if field >= IMAGE_SIZE)),
        "image": str(IMAGE_SIZE),
    }


def _example() -> dict[str, str]:
    valid = WorkedExample(padding="valid").cells()
    same = WorkedExample(padding="same").cells()
    return {
        "side": str(len(IN_READING_ORDER)),
        "first": f"{IN_READING_ORDER[0][0]:g}",
        "last": f"{IN_READING_ORDER[-1][-1]:g}",
        "valid": f"{valid[0][0].depthwise:g}",
        "same_cells": str(sum(map(len, same))),
        "same_first": f"{same[0][0].depthwise:g}",
    }


def _gridding() -> dict[str, str]:
    triples = [(a, b, c) for a in range(1, 6) for b in range(1, 6) for c in range(1, 6)]
    whole = {dilations: columns_read(dilations).all() for dilations in triples}
    kept = next(d for d in triples if meets_hybrid_dilation(d, KERNEL) and not whole[d] and gcd(*d) == 1)
    broken = next(d for d in triples if not meets_hybrid_dilation(d, KERNEL) and whole[d])
    good = (1, 2, 3)
    return {
        "bad": _listed(START),
        "bad_read": str(columns_read(START).sum()),
        "bad_size": str(columns_read(START).size),
        "good": _listed(good),
        "good_size": str(columns_read(good).sum()),
        "kept": _listed(kept),
        "kept_gap": str(hybrid_dilation_gap(kept)),
        "kept_read": str(columns_read(kept).sum()),
        "kept_size": str(columns_read(kept).size),
        "broken": _listed(broken),
        "broken_gap": str(hybrid_dilation_gap(broken)),
        "broken_size": str(columns_read(broken).sum()),
    }


def _listed(values: object) -> str:
    return ", ".join(map(str, values))
