"""Tap lattices against networks that show what they read, and the gridding that lattices prove."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

from model.fields.gridding import hybrid_dilation_gap, meets_hybrid_dilation
from model.fields.layer_fields import coverage, receptive_field, tap_lattice
from model.fields.receptive_field import Chain, Conv, GlobalPool, Parallel, ReceptiveField, receptive_field_of
from model.fields.tap_lattice import count_paths, open_lattice
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from tests.probing import (
    chains,
    configurations,
    make_positive,
    network_of,
    one_pixel_images,
    paths_of,
    pixels_of,
    responses,
)


def stack(*dilations: int, kernel: int = 3) -> tuple[Conv, ...]:
    """Square windows with "same" padding, one after the other."""
    return tuple(Conv((kernel,) * 2, padding=(d * (kernel // 2),) * 2, dilation=(d, d)) for d in dilations)


def a_cell(field: ReceptiveField, data: st.DataObject) -> tuple[int, int]:
    return tuple(data.draw(st.integers(0, n - 1)) for n in field.map_size)


# Chains of every kind


@given(chains(), st.booleans(), st.data())
def test_path_counts_are_what_weights_of_one_give(
    case: tuple[Chain, tuple[int, int]], pooling: bool, data: st.DataObject
) -> None:
    """Non-square, even, strided, dilated, padded, pooled and residual layers, at borders as inside."""
    chain, size = case
    y, x = cell = a_cell(receptive_field_of(chain, size), data)
    assert np.array_equal(count_paths(chain, cell, size), paths_of(network_of(chain, pooling), size)[:, :, y, x])


@given(chains(), st.data())
def test_no_border_adds_a_path_and_cells_away_from_borders_lose_none(
    case: tuple[Chain, tuple[int, int]], data: st.DataObject
) -> None:
    """Padding can take paths away; where it takes none, the lattice is the open one, moved to the cell."""
    chain, size = case
    field = receptive_field_of(chain, size)
    cell = a_cell(field, data)
    region, whole = field.region(*cell), field.region(*cell, clipped=False)
    lattice, everywhere = count_paths(chain, cell, size), open_lattice(chain, size)
    cut = tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(region, whole, strict=True))
    assert (lattice[region.slices] <= everywhere[cut]).all() or region.area == 0
    assert lattice.sum() == lattice[region.slices].sum()
    if lattice.sum() == everywhere.sum():
        assert np.array_equal(lattice[region.slices], everywhere[cut])


def test_counts_beyond_64_bits_stay_exact() -> None:
    """32 stages of 15 x 15 taps have more paths than int64 or float64 can count; they come as Python integers."""
    lattice = count_paths((Conv((15, 15), padding=(7, 7)),) * 32, (14, 14), (28, 28))
    assert lattice.dtype == object
    assert all(type(count) is int for count in lattice.flat)
    assert lattice.max() > 2**64
    row = [0] * 28
    row[14] = 1
    for _ in range(32):
        row = [sum(row[max(0, i - 7) : i + 8]) for i in range(28)]
    assert [lattice[i, i] for i in range(28)] == [count**2 for count in row]


def test_int64_is_left_before_it_overflows() -> None:
    """63 doublings fill int64's last bit; 62 do not."""
    doubling = Parallel(((), ()))
    for doublings, dtype in ((62, np.int64), (63, object)):
        lattice = count_paths((doubling,) * doublings, (0, 0), (1, 1))
        assert lattice.dtype == dtype
        assert lattice[0, 0] == 2**doublings


def test_a_shortcut_is_one_more_path_to_the_centre() -> None:
    block = stack(2)
    plain, residual = (count_paths(chain, (4, 4), (9, 9)) for chain in (block, (Parallel((block, ())),)))
    difference = residual - plain
    assert difference[4, 4] == 1
    assert difference.sum() == 1


def test_a_global_pool_reads_what_any_cell_reads() -> None:
    chain = (Conv((1, 1), (2, 2)),)
    pooled = count_paths((*chain, GlobalPool()), (0, 0), (6, 6))
    assert np.array_equal(pooled, sum(count_paths(chain, cell, (6, 6)) for cell in np.ndindex(3, 3)))
    assert pooled.sum() == 9


def test_a_window_in_the_padding_reads_nothing() -> None:
    assert count_paths((Conv((1, 1), padding=(2, 2)),), (0, 0), (4, 4)).sum() == 0


def test_an_even_kernel_with_stride_leaves_nothing_out_and_a_dilated_one_does() -> None:
    """Kernel 2 at dilation 2 and stride 2 only ever reads every second pixel, never the other three quarters."""
    assert (open_lattice((Conv((2, 2), (2, 2)),) * 2, (16, 16)) == 1).all()
    gaps = (Conv((2, 2), (2, 2), dilation=(2, 2)),) * 2
    read = sum(count_paths(gaps, cell, (16, 16)) for cell in np.ndindex(receptive_field_of(gaps, (16, 16)).map_size))
    assert not read[1::2].any()
    assert not read[:, 1::2].any()


# The layers of a DigitNet


def one_of_each_branch(config: NetworkConfig, layer: str, answers: torch.Tensor) -> torch.Tensor:
    """The last channel of a layer's answers (N, C, H, W), or where branches lie side by side the sum of one of each."""
    branches = 1
    if layer.endswith(".concatenation"):
        branches = len(config.stages[int(layer.split(".")[1])].dilations)
    return answers.unflatten(1, (branches, -1))[:, :, -1].sum(1)  # (N, H, W)


@given(configurations(branches=2), st.integers(0, 2**31), st.data())
def test_pixels_that_move_a_cell_are_the_support_of_its_lattice(
    config: NetworkConfig, seed: int, data: st.DataObject
) -> None:
    """Every layer of a network with positive weights at random, probed pixel by pixel."""
    net = make_positive(DigitNet(config), seed).float()
    for layer, answers in responses(net, one_pixel_images(28, 28).float()).items():
        y, x = cell = a_cell(receptive_field(net, layer), data)
        moved = pixels_of(one_of_each_branch(config, layer, answers)[:, y, x]) > 0
        assert np.array_equal(moved, tap_lattice(net, layer, cell) > 0), layer


@given(configurations(branches=2), st.data())
def test_path_counts_of_every_layer_are_what_weights_of_one_give(config: NetworkConfig, data: st.DataObject) -> None:
    """By torch's own gradient, in float64, where these counts are exact; the pool's mean is turned into a sum."""
    net = make_positive(DigitNet(config), None)
    cells = receptive_field(net, f"stages.{len(config.stages) - 1}").map_size
    image = torch.ones(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    for layer, answers in responses(net, image).items():
        y, x = cell = a_cell(receptive_field(net, layer), data)
        cell_value = one_of_each_branch(config, layer, answers)[0, y, x]
        (gradient,) = torch.autograd.grad(cell_value, image, retain_graph=True)
        counts = gradient[0, 0].numpy() * (np.prod(cells) if layer in ("pool", "head") else 1)
        assert np.allclose(counts, np.rint(counts), rtol=1e-12, atol=1e-12)
        assert np.array_equal(np.rint(counts), tap_lattice(net, layer, cell)), layer


def test_tied_stages_have_lattices_of_their_own() -> None:
    """One weight, two dilations: where the same kernel is applied again it reads other pixels."""
    config = NetworkConfig(2, 1, 1, (StageConfig(2, 3, 1), StageConfig(2, 3, 4, shares=0)))
    net = DigitNet(config)
    assert net.stages[0].depthwise.weight is net.stages[1].depthwise.weight
    first, second = (tap_lattice(net, f"stages.{index}.depthwise", (14, 14)) for index in (0, 1))
    assert (first > 0).sum() == 9
    assert (second > 0).sum() == 81


def test_a_pointwise_layer_does_not_read_through_the_shortcut() -> None:
    """A dilated even-spaced window beside its centre tap: only the sum counts the centre twice."""
    net = DigitNet(NetworkConfig(2, 1, 1, (StageConfig(2, 3, 4),)))
    before, after = (tap_lattice(net, layer, (9, 9)) for layer in ("stages.0.pointwise", "stages.0"))
    assert (before[9, 9], after[9, 9]) == (1, 2)
    assert after.sum() == before.sum() + 1


@pytest.mark.parametrize("cell", [(14, 0), (0, -1), (0.5, 1), None])
def test_cells_outside_the_map_are_refused(cell: object) -> None:
    net = DigitNet(PRESETS["nano"])
    for question in (tap_lattice, coverage):
        if cell is not None or question is tap_lattice:
            with pytest.raises(ValueError, match=r"from 0 to 13|two whole numbers"):
                question(net, "stem", cell)


# Coverage


@given(configurations(branches=2), st.data())
def test_coverage_is_the_lattice_inside_the_region(config: NetworkConfig, data: st.DataObject) -> None:
    net = DigitNet(config)
    layer = data.draw(st.sampled_from(sorted({name for name, _ in net.named_modules()} - {"", "stages"})))
    cell = a_cell(receptive_field(net, layer), data)
    clipped, whole = coverage(net, layer, cell), coverage(net, layer)
    assert clipped.read == (tap_lattice(net, layer, cell) > 0).sum()
    assert clipped.unread.shape == receptive_field(net, layer).region(*cell).size
    assert whole.unread.shape == receptive_field(net, layer).size
    for part in (clipped, whole):
        assert part.read + part.unread.sum() == part.total


def test_gridding_is_seen() -> None:
    """Dilations (2, 2, 2): a field of 13 x 13 pixels, 7 x 7 of them read (Wang et al. 2018, section 3.2)."""
    net = DigitNet(NetworkConfig(2, 1, 1, tuple(StageConfig(2, 3, 2) for _ in range(3))))
    assert coverage(net, "stages.2")[:2] == (49, 169)
    net = DigitNet(NetworkConfig(2, 1, 1, tuple(StageConfig(2, 3, d) for d in (1, 2, 3))))
    assert coverage(net, "stages.2")[:2] == (169, 169)


# Hybrid dilated convolution


@pytest.mark.parametrize(
    ("dilations", "gap"),
    [((1, 2, 5), 2), ((1, 2, 9), 5), ((1, 2), 2), ((1, 2, 3), 2), ((2, 2, 2), 2), ((1, 2, 5, 9), 2), ((1, 3), 3)],
)
def test_the_gap_is_that_of_the_paper(dilations: Sequence[int], gap: int) -> None:
    """(1, 2, 5) and (1, 2, 9) are the paper's own examples, of K = 3: the one keeps M_2 <= K, the other does not."""
    assert hybrid_dilation_gap(dilations) == gap
    assert meets_hybrid_dilation(dilations, 3) == (gap <= 3)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.sampled_from((3, 5, 7)))
@example([2, 5, 9], 3)
def test_dilations_that_begin_with_one_and_meet_the_condition_leave_no_hole(rates: list[int], kernel: int) -> None:
    """Then the lattice is complete: K taps in a row, and no later gap wider than what earlier layers have filled."""
    dilations = (1, *rates)
    assume(meets_hybrid_dilation(dilations, kernel))
    assert open_lattice(stack(*dilations, kernel=kernel), (28, 28)).all()


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.sampled_from((1, 3, 5, 7)))
def test_a_lattice_is_complete_where_sorted_steps_are_bridged(dilations: Sequence[int], kernel: int) -> None:
    """The exact rule, by another road: with steps sorted, each has to be at most one more than all before reach."""
    steps = sorted(dilations)
    reaches = [(kernel - 1) * sum(steps[:count]) for count in range(len(steps) + 1)]
    bridged = all(step <= reach + 1 for step, reach in zip(steps, reaches[:-1], strict=True)) or kernel == 1
    assert open_lattice(stack(*dilations, kernel=kernel), (28, 28)).all() == bridged


def test_the_condition_alone_does_not_see_a_common_factor() -> None:
    """(2, 2, 2) has M_2 = 2 <= 3 and reads a quarter: why coverage is proved from the lattice and not from the rule."""
    assert meets_hybrid_dilation((2, 2, 2), 3)
    assert not open_lattice(stack(2, 2, 2), (28, 28)).all()


def test_the_condition_presumes_three_taps() -> None:
    """With K = 2, (1, 2, 6) keeps M_2 = 2 and still has holes: two taps reach less than the rule takes for granted."""
    assert meets_hybrid_dilation((1, 2, 6), 2)
    windows = tuple(Conv((2, 2), dilation=(d, d)) for d in (1, 2, 6))
    assert not open_lattice(windows, (28, 28)).all()


@pytest.mark.parametrize("dilations", [(), (3,), (1, 0, 2)])
def test_the_condition_needs_two_dilations(dilations: Sequence[int]) -> None:
    with pytest.raises(ValueError, match="two or more dilations of at least 1"):
        hybrid_dilation_gap(dilations)
