"""The algebra of receptive fields: published answers, torch's own map sizes, and the odd cases."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from model.fields.layer_fields import layer_chains, receptive_field
from model.fields.receptive_field import Chain, Conv, GlobalPool, Parallel, Region, receptive_field_of
from model.fields.tap_lattice import open_lattice
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from tests.probing import chains, network_of, one_pixel_images, paths_of, responses


def square(kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Conv:
    return Conv((kernel,) * 2, (stride,) * 2, (padding,) * 2, (dilation,) * 2)


def same(count: int, kernel: int = 3) -> Chain:
    return (square(kernel, padding=kernel // 2),) * count


def bottlenecks(count: int, stride: int) -> Chain:
    """TF-Slim's ResNet v1 strides in the last unit of a block, its shortcut by picking every second cell."""
    block = (square(1), square(3, padding=1), square(1))
    last = (square(1), square(3, stride, 1), square(1))
    return (Parallel((block, ())),) * (count - 1) + (Parallel((last, (square(1, stride),))),)


RESNET_STEM = (square(7, 2, 3), square(3, 2, 1))
VGG_POOL = (square(2, 2),)

PUBLISHED = {
    # LeCun, Bottou, Bengio, Haffner 1998, figure 2: C5 covers the whole 32 x 32 input.
    "lenet-5, C1": ((square(5),), 5, 1, 0),
    "lenet-5, C3": ((square(5), square(2, 2), square(5)), 14, 2, 0),
    "lenet-5, C5": ((square(5), square(2, 2), square(5), square(2, 2), square(5)), 32, 4, 0),
    # Araujo et al. 2019 and the table of its library, tensorflow/contrib/receptive_field/README.md.
    "alexnet v2, pool5": (
        (square(11, 4), square(3, 2), *same(1, 5), square(3, 2), *same(3), square(3, 2)),
        195,
        32,
        64,
    ),
    "vgg-16, pool5": (
        same(2) + VGG_POOL + same(2) + VGG_POOL + (same(3) + VGG_POOL) * 3,
        212,
        32,
        90,
    ),
    "resnet v1 50, block4": (
        RESNET_STEM + bottlenecks(3, 2) + bottlenecks(4, 2) + bottlenecks(6, 2) + bottlenecks(3, 1),
        483,
        32,
        241,
    ),
    "resnet v1 101, block4": (
        RESNET_STEM + bottlenecks(3, 2) + bottlenecks(4, 2) + bottlenecks(23, 2) + bottlenecks(3, 1),
        1027,
        32,
        513,
    ),
    "resnet v1 152, block4": (
        RESNET_STEM + bottlenecks(3, 2) + bottlenecks(8, 2) + bottlenecks(36, 2) + bottlenecks(3, 1),
        1507,
        32,
        753,
    ),
    # "Same" padding of an even map before a stride of 2 adds nothing at the first row, so strided layers have none.
    "mobilenet v1, conv13": (
        (
            square(3, 2),
            *same(1),
            square(3, 2),
            *same(1),
            square(3, 2),
            *same(1),
            square(3, 2),
            *same(5),
            square(3, 2),
            *same(1),
        ),
        315,
        32,
        126,
    ),
    # Yu, Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions", table 1.
    **{
        f"context module, layer {depth}": (
            tuple(square(3, dilation=d, padding=d) for d in (1, 1, 2, 4, 8, 16, 1)[:depth]),
            size,
            1,
            (size - 1) // 2,
        )
        for depth, size in enumerate((3, 5, 9, 17, 33, 65, 67), start=1)
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_have_their_published_fields(name: str) -> None:
    chain, size, stride, padding = PUBLISHED[name]
    field = receptive_field_of(chain, (2049, 1025))
    assert (field.size, field.stride, field.padding) == ((size,) * 2, (stride,) * 2, (padding,) * 2)


@given(chains())
def test_map_sizes_and_regions_are_those_of_torch(case: tuple[Chain, tuple[int, int]]) -> None:
    """Every pixel that moves a cell lies in its region; otherwise the box on the drawing would be wrong."""
    chain, size = case
    field = receptive_field_of(chain, size)
    answers = paths_of(network_of(chain), size)
    assert answers.shape == (*size, *field.map_size)
    for y, x in np.ndindex(field.map_size):
        outside = answers[:, :, y, x] > 0
        outside[field.region(y, x).slices] = False
        assert not outside.any()


@given(chains())
def test_size_is_exactly_what_the_taps_span(case: tuple[Chain, tuple[int, int]]) -> None:
    """Far from borders the end rows and end columns of the field are read: no field is larger than it has to be."""
    chain, size = case
    lattice = open_lattice(chain, size)
    assert lattice.shape == receptive_field_of(chain, size).size
    assert all(edge.any() for edge in (lattice[0], lattice[-1], lattice[:, 0], lattice[:, -1]))


@given(chains())
def test_neighbouring_fields_are_one_stride_apart_around_their_centres(case: tuple[Chain, tuple[int, int]]) -> None:
    chain, size = case
    field = receptive_field_of(chain, size)
    last = tuple(n - 1 for n in field.map_size)
    for axis in (0, 1):
        assert field.center_of(*last)[axis] == field.center[axis] + last[axis] * field.stride[axis]
        start, stop = field.region(*last, clipped=False)[axis]
        assert (start + stop - 1) / 2 == field.center_of(*last)[axis]
        assert stop - start == field.size[axis]


@given(chains())
def test_stride_and_centre_fix_the_map_size(case: tuple[Chain, tuple[int, int]]) -> None:
    """Why parallel branches that agree in both can be added: n cells stand S apart with one margin c at either end."""
    chain, size = case
    field = receptive_field_of(chain, size)
    for n, stride, center, cells in zip(size, field.stride, field.center, field.map_size, strict=True):
        assert cells == (n - 1 - 2 * center) // stride + 1


def test_even_kernels_have_half_integer_centres() -> None:
    """Between the two middle pixels, because an even window has no middle one; two of them meet on a pixel again."""
    assert receptive_field_of((square(2),), (8, 8)).center == (0.5, 0.5)
    assert receptive_field_of((square(2), square(2)), (8, 8)).center == (1.0, 1.0)


def test_axes_are_independent() -> None:
    field = receptive_field_of((Conv((1, 5), (1, 2), (0, 2), (3, 2)),), (28, 28))
    assert (field.size, field.stride, field.padding, field.map_size) == ((1, 9), (1, 2), (0, 2), (28, 12))


def test_two_even_windows_may_stand_beside_an_identity() -> None:
    """2 + 2 taps are a window of 3: centred, though neither half is, once the padding is on one side of each."""
    chain = (Parallel(((square(2), square(2, padding=1)), ())),)
    field = receptive_field_of(chain, (8, 8))
    assert (field.size, field.padding, field.map_size) == ((3, 3), (1, 1), (8, 8))


@pytest.mark.parametrize(
    ("branches", "what"),
    [
        (((square(3, 2, 1),), ()), "stride"),
        (((square(3),), ()), "center"),
        (((square(2, padding=1),), ()), "center"),
    ],
)
def test_branches_that_disagree_are_an_error_not_a_guess(branches: tuple[Chain, ...], what: str) -> None:
    """No single box describes the sum of two grids that are not the same grid."""
    with pytest.raises(ValueError, match=f"disagree in {what}"):
        receptive_field_of((Parallel(branches),), (9, 9))


def test_one_branch_is_not_parallel() -> None:
    with pytest.raises(ValueError, match="two or more"):
        Parallel(((),))


def test_a_global_pool_sees_everything() -> None:
    """Its field reaches beyond the image, because the cells at the borders do; its clipped region is the image."""
    chain = (square(3, 2, 1), GlobalPool())
    field = receptive_field_of(chain, (28, 20))
    assert field.map_size == (1, 1)
    assert field.size == (3 + 13 * 2, 3 + 9 * 2)
    assert field.region(0, 0) == Region((0, 28), (0, 20))
    assert field.region(0, 0, clipped=False) == Region((-1, 28), (-1, 20))


def test_a_window_in_the_padding_sees_nothing() -> None:
    """A 1 x 1 window with padding 2 has cells that read zeros alone: an empty box, not one of negative size."""
    field = receptive_field_of((square(1, padding=2),), (4, 4))
    assert field.region(0, 0).area == 0
    assert field.region(7, 7).area == 0
    assert field.region(2, 2) == Region((0, 1), (0, 1))


def test_a_window_larger_than_its_padded_map_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"9 x 9 cells does not fit.*at most 8 x 7"):
        receptive_field_of((square(3, dilation=4, padding=1),), (6, 5))


@pytest.mark.parametrize(
    "fields", [{"kernel": (0, 3)}, {"stride": (1, 0)}, {"padding": (-1, 0)}, {"dilation": (1, 1.5)}, {"kernel": (3,)}]
)
def test_malformed_windows_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(fields))} is .* expected two whole numbers"):
        Conv(**{"kernel": (3, 3), **fields})


def test_the_algebra_needs_no_torch() -> None:
    """The file is usable, and readable, without a deep-learning framework."""
    path = Path(__file__).parents[2] / "model" / "fields" / "receptive_field.py"
    code = f"import sys, runpy; sys.modules['torch'] = None; runpy.run_path({str(path)!r}, run_name='algebra')"
    subprocess.run([sys.executable, "-c", code], check=True)


# By layer of a DigitNet


def test_every_module_with_an_output_has_a_field() -> None:
    """Tied weights included: modules that share them have names, dilations and fields of their own."""
    for config in (*PRESETS.values(), NetworkConfig(4, stages=(StageConfig(4),), separable=False)):
        net = DigitNet(config)
        names = {name for name, _ in net.named_modules()} - {"", "stages"}
        assert set(layer_chains(config)) == names


def test_map_sizes_are_those_of_the_network() -> None:
    net = DigitNet(NetworkConfig(2, stages=(StageConfig(3, 3, 2, 2), StageConfig(3, 7, 8), StageConfig(3, 1, 1, 2))))
    for name, output in responses(net.double().eval(), one_pixel_images(28, 28)[:1]).items():
        assert receptive_field(net, name).map_size == tuple(output.shape[2:]), name


def test_a_pointwise_layer_reads_before_the_residual_and_a_stage_after_it() -> None:
    """The two fields are one box, because the shortcut reads its centre; the paths into them differ."""
    net = DigitNet(NetworkConfig(2, 1, 1, (StageConfig(2, 3, 4),)))
    assert receptive_field(net, "stages.0.pointwise") == receptive_field(net, "stages.0")
    assert layer_chains(net.config)["stages.0.pointwise"] != layer_chains(net.config)["stages.0"]


def test_fields_larger_than_the_image_say_so_unclipped() -> None:
    net = DigitNet(NetworkConfig(2, stages=(StageConfig(2, 15, 14), StageConfig(2, 15, 14))))
    field = receptive_field(net, "stages.1")
    assert field.size > (28, 28)
    assert field.region(7, 7) == Region((0, 28), (0, 28))
    assert field.region(7, 7, clipped=False).size == field.size


@pytest.mark.parametrize("layer", ["", "stages", "stages.9", "stages.0.conv", "Stem", None])
def test_unknown_layers_are_refused_with_the_known_ones(layer: object) -> None:
    with pytest.raises(ValueError, match=r"There is no layer .*; expected one of stem, .*, pool, head\."):
        receptive_field(DigitNet(PRESETS["nano"]), layer)


@pytest.mark.parametrize("cell", [(-1, 0), (0, 14), (14, 0), (99, 99)])
def test_cells_outside_the_map_are_refused_with_the_range(cell: object) -> None:
    field = receptive_field(DigitNet(PRESETS["nano"]), "stem")
    for question in (field.region, field.center_of):
        with pytest.raises(ValueError, match="outside the map; expected y from 0 to 13 and x from 0 to 13"):
            question(*cell)


@pytest.mark.parametrize("cell", [None, 3, (1,), (1, 2, 3), (1.0, 2.0), "ab", ("1", "2")])
def test_an_invalid_cell_is_refused(cell: object) -> None:
    field = receptive_field(DigitNet(PRESETS["nano"]), "stem")
    with pytest.raises(ValueError, match="A cell is two whole numbers"):
        field.checked(cell)
