"""Effective receptive fields against torch's own gradients, finite differences and the tap lattice."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from model.fields.effective_field import CHUNK, carrying_box, effective_receptive_field, mean_effective_field
from model.fields.layer_fields import receptive_field, tap_lattice
from model.fields.receptive_field import Region
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from tests.probing import configurations, make_positive, responses

CONFIG = NetworkConfig(4, stages=(StageConfig(4), StageConfig(4, dilation=2), StageConfig(6, 5, 1, 2)))
LAYERS = [name for name, _ in DigitNet(CONFIG).named_modules() if name not in ("", "stages")]


def lively(net: DigitNet, seed: int = 0) -> DigitNet:
    """Norms as training leaves them: no two alike, none the identity."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                values.copy_(0.5 + torch.rand(values.shape, generator=generator))
            for values in (module.bias.data, module.running_mean):
                values.copy_(0.2 * torch.randn(values.shape, generator=generator))
    return net.eval()


@pytest.fixture(scope="module")
def net() -> DigitNet:
    torch.manual_seed(0)
    return lively(DigitNet(CONFIG))


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)


def middle(net: DigitNet, layer: str) -> tuple[int, int]:
    return tuple(n // 2 for n in receptive_field(net, layer).map_size)


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("channel", [None, 0, 3])
def test_every_layer_agrees_with_the_gradient_of_the_whole_network(
    image: np.ndarray, separable: bool, channel: int | None
) -> None:
    """The partial run stops at the right place and takes the same way there, for each layer of either kind."""
    torch.manual_seed(1)
    net = lively(DigitNet(NetworkConfig(**{**vars(CONFIG), "separable": separable})))
    pixels = torch.from_numpy(image).view(1, 1, 28, 28).div(255).requires_grad_()
    for layer, output in responses(net, pixels).items():
        y, x = middle(net, layer)
        answer = output[0, :, y, x].sum() if channel is None else output[0, channel, y, x]
        (gradient,) = torch.autograd.grad(answer, pixels, retain_graph=True)
        field = effective_receptive_field(net, layer, (y, x), image, channel)
        assert field.dtype == np.float32
        assert field.shape == (28, 28)
        np.testing.assert_allclose(field, gradient[0, 0].abs().numpy(), rtol=1e-4, atol=1e-6, err_msg=layer)


@pytest.mark.parametrize("layer", ["stages.1.depthwise", "stages.2.pointwise", "head"])
def test_a_pixel_moves_the_cell_as_much_as_its_field_says(image: np.ndarray, layer: str) -> None:
    """Central differences in float64: ink added to one pixel, from 0 to 1, changes the cell by that slope."""
    torch.manual_seed(2)
    net = lively(DigitNet(CONFIG)).double()
    cell = y, x = middle(net, layer)
    field = effective_receptive_field(net, layer, cell, image, channel=1)
    step = 1e-6
    rows, columns = receptive_field(net, layer).region(*cell)
    for pixel in ((y, x) for y in range(*rows, 3) for x in range(*columns, 3)):
        pixels = torch.from_numpy(image).double().div(255).repeat(2, 1, 1, 1)
        pixels[0, 0][pixel] += step
        pixels[1, 0][pixel] -= step
        with torch.no_grad():
            more, less = responses(net, pixels)[layer][:, 1, y, x]
        assert field[pixel] == pytest.approx(abs(more - less).item() / (2 * step), rel=1e-4, abs=1e-6)


@given(configurations(branches=2), st.data())
def test_nothing_moves_a_cell_from_outside_its_lattice(config: NetworkConfig, data: st.DataObject) -> None:
    """The heat never leaves the taps, nor therefore the box: the overlays on the drawing agree."""
    net = lively(DigitNet(config), data.draw(st.integers(0, 2**31)))
    layer = data.draw(st.sampled_from([name for name, _ in net.named_modules() if name not in ("", "stages")]))
    cell = tuple(data.draw(st.integers(0, n - 1)) for n in receptive_field(net, layer).map_size)
    image = data.draw(arrays(np.uint8, (28, 28)))
    field = effective_receptive_field(net, layer, cell, image)
    assert (field >= 0).all()
    assert not field[tap_lattice(net, layer, cell) == 0].any()


@pytest.mark.parametrize("layer", ["stem", "stages.1.depthwise", "stages.1", "stages.2"])
def test_with_all_weights_one_the_field_is_the_lattice(image: np.ndarray, layer: str) -> None:
    """Where no weight prefers a path, influence is the number of paths (Luo et al. 2016, section 2.1)."""
    net = make_positive(DigitNet(CONFIG), None)
    cell = middle(net, layer)
    field = effective_receptive_field(net, layer, cell, np.maximum(image, 1), channel=0)
    np.testing.assert_allclose(field, tap_lattice(net, layer, cell).astype(float), rtol=1e-6)


def test_the_mean_is_the_mean_of_each(net: DigitNet) -> None:
    """Across a chunk's border too."""
    images = np.random.default_rng(1).integers(0, 256, (CHUNK + 2, 28, 28), dtype=np.uint8)
    each = [effective_receptive_field(net, "stages.2", (3, 3), image) for image in images]
    np.testing.assert_allclose(
        mean_effective_field(net, "stages.2", (3, 3), images), np.mean(each, axis=0), rtol=1e-4, atol=1e-6
    )


def test_the_network_is_left_as_it_is(net: DigitNet, image: np.ndarray) -> None:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    effective_receptive_field(net, "head", (0, 0), image)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_works_where_gradients_are_switched_off(net: DigitNet, image: np.ndarray, mode: type) -> None:
    """A page that only runs inference needs it too."""
    expected = effective_receptive_field(net, "stages.1", (4, 4), image)
    with mode():
        assert np.array_equal(effective_receptive_field(net, "stages.1", (4, 4), image), expected)


def test_what_comes_after_the_layer_is_not_run(image: np.ndarray) -> None:
    """The answer to a moving pen has no time for it."""
    net = DigitNet(CONFIG).eval()
    for module in (net.stages[1].pointwise, net.stages[2], net.head):
        module.forward = None
    assert effective_receptive_field(net, "stages.1.depthwise", (4, 4), image).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": "stages.7"}, "There is no layer 'stages.7'"),
        ({"cell": (14, 0)}, "expected y from 0 to 13"),
        ({"channel": 4}, "no channel 4; expected one from 0 to 3"),
        ({"channel": -1}, "no channel -1"),
        ({"image": np.zeros((28, 28), np.float32)}, "The drawings are float32"),
        ({"image": np.zeros((27, 28), np.uint8)}, "expected uint8"),
        ({"image": np.zeros((1, 28, 28), np.uint8)}, "expected uint8"),
    ],
)
def test_invalid_arguments_are_refused(
    net: DigitNet, image: np.ndarray, changes: dict[str, object], message: str
) -> None:
    question = {"layer": "stages.1", "cell": (4, 4), "image": image, "channel": None, **changes}
    with pytest.raises(ValueError, match=message):
        effective_receptive_field(net, **question)


def test_no_drawings_have_no_mean(net: DigitNet) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(0, 28, 28\)"):
        mean_effective_field(net, "stem", (0, 0), np.zeros((0, 28, 28), np.uint8))


def test_a_network_in_training_mode_is_refused(image: np.ndarray) -> None:
    """Its norms would take their statistics from this one drawing, and keep them."""
    with pytest.raises(ValueError, match="training mode"):
        effective_receptive_field(DigitNet(PRESETS["nano"]), "stem", (0, 0), image)


# The box that carries a share


@given(
    arrays(np.float32, (9, 12), elements=st.floats(0, 100, width=32)),
    st.tuples(*(st.integers(0, 2 * n - 2).map(lambda twice: twice / 2) for n in (9, 12))),
    st.floats(0.05, 1.0),
)
def test_the_box_carries_its_share_and_no_smaller_one_does(
    field: np.ndarray, center: tuple[float, float], share: float
) -> None:
    box = carrying_box(field, center, share)
    total = field.sum(dtype=np.float64)
    if total == 0:
        assert box.area == 0
        return
    tolerance = 1e-9 * total
    assert field[box.slices].sum(dtype=np.float64) >= share * total - tolerance
    radius = max(max(center[axis] - box[axis][0], box[axis][1] - 1 - center[axis]) for axis in (0, 1))
    y, x = np.indices(field.shape)
    smaller = np.maximum(abs(y - center[0]), abs(x - center[1])) < radius
    assert field[smaller].sum(dtype=np.float64) < share * total + tolerance


def test_boxes_keep_to_the_parity_of_their_centre() -> None:
    """Around a pixel a square has an odd side, between two pixels an even one."""
    field = np.ones((11, 11), np.float32)
    assert carrying_box(field, (5, 5), 0.2) == Region((3, 8), (3, 8))
    assert carrying_box(field, (4.5, 4.5), 0.2).size == (6, 6)


def test_boxes_are_clipped_to_the_image() -> None:
    field = np.zeros((28, 28), np.float32)
    field[:4, :4] = 1
    assert carrying_box(field, (0, 0), 1.0) == Region((0, 4), (0, 4))


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan")])
def test_shares_outside_their_range_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        carrying_box(np.ones((3, 3)), (1, 1), share)
