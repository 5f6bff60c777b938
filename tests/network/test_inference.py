"""A network's answers: probabilities that are probabilities, and every layer's own response."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model.forward_pass import filters_of, sharing
from model.inference import layer_maps, layer_responses, predict, read
from model.network import PRESETS, DigitNet, NetworkConfig
from model.stages import StageConfig
from tests.conftest import settled


@pytest.mark.parametrize("count", [0, 1, 8])
def test_rows_are_probabilities(small_net: DigitNet, images: np.ndarray, count: int) -> None:
    p = predict(small_net, images[:count])
    assert p.shape == (count, 10)
    assert p.dtype == np.float32
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)


def test_probabilities_are_calibrated(small_net: DigitNet, images: np.ndarray) -> None:
    plain = predict(small_net, images)
    small_net.temperature.fill_(1000.0)
    try:
        np.testing.assert_allclose(predict(small_net, images), 0.1, atol=1e-3)
    finally:
        small_net.temperature.fill_(1.0)
    assert plain.max() > 0.11


def test_images_of_less_energy_than_the_familiar_ones_are_unfamiliar(small_net: DigitNet, images: np.ndarray) -> None:
    assert read(small_net, images).familiar.all(), "before calibration nothing is unfamiliar"
    with torch.no_grad():
        energies = small_net(torch.from_numpy(images[:, None])).logsumexp(1)
    before = small_net.familiar_energy.clone()
    small_net.familiar_energy.fill_(energies.median())
    try:
        familiar = read(small_net, images).familiar
    finally:
        small_net.familiar_energy.copy_(before)
    np.testing.assert_array_equal(familiar, (energies >= energies.median()).numpy())
    assert not familiar.all()


def test_arrays_and_tensors_are_the_same_images(small_net: DigitNet, images: np.ndarray) -> None:
    np.testing.assert_array_equal(predict(small_net, images), predict(small_net, torch.from_numpy(images)))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, 28, 28), np.float32),
        np.zeros((1, 28, 28), np.int64),
        np.zeros((28, 28), np.uint8),
        np.zeros((1, 28, 27), np.uint8),
        np.zeros((1, 1, 28, 28), np.uint8),
    ],
)
def test_invalid_images_are_refused(small_net: DigitNet, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+expected uint8 of shape \(N, 28, 28\)\.\Z"):
        predict(small_net, wrong)


@pytest.mark.parametrize("wrong", [np.zeros((28, 28)), np.zeros((27, 28), np.uint8), np.zeros((1, 28, 28), np.uint8)])
def test_an_invalid_image_has_no_responses(small_net: DigitNet, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z"):
        layer_responses(small_net, wrong)


@pytest.mark.parametrize("name", ["small_net", "standard_net"])
def test_responses_are_what_each_layer_gives_in_the_order_in_which_it_runs(
    name: str, images: np.ndarray, request: pytest.FixtureRequest
) -> None:
    net = request.getfixturevalue(name)
    expected: dict[str, torch.Tensor] = {}
    names = {module: name for name, module in net.named_modules()}

    def keep(module: nn.Module, _inputs: object, output: Tensor) -> None:
        if names[module]:
            expected[names[module]] = output[0]

    hook = torch.nn.modules.module.register_module_forward_hook(keep)
    try:
        with torch.no_grad():
            net(torch.from_numpy(images[:1, None]))
    finally:
        hook.remove()
    responses = layer_responses(net, images[0])
    assert list(responses) == list(expected)
    for layer, response in responses.items():
        assert response.ndim == 3
        assert response.dtype == np.float32
        np.testing.assert_allclose(response.ravel(), expected[layer].ravel(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_responses_run_from_the_stem_through_the_stages_to_the_head(preset: str, images: np.ndarray) -> None:
    parts = ("depthwise", "depthwise_norm", "pointwise", "pointwise_norm")
    order = ["stem", "stem_norm"]
    for index in range(len(PRESETS[preset].stages)):
        order += [*(f"stages.{index}.{part}" for part in parts), f"stages.{index}"]
    assert list(layer_responses(DigitNet(PRESETS[preset]).eval(), images[0])) == [*order, "pool", "head"]


def test_the_head_responds_with_the_logits(small_net: DigitNet, images: np.ndarray) -> None:
    head = layer_responses(small_net, images[0])["head"]
    assert head.shape == (10, 1, 1)
    with torch.no_grad():
        logits = small_net(torch.from_numpy(images[:1, None]))[0].numpy()
    np.testing.assert_allclose(head[:, 0, 0], logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(6, stages=(StageConfig(6, 3, dilation=2), StageConfig(8, 5, stride=2), StageConfig(8))),
        NetworkConfig(6, stages=(StageConfig(6, branches=(2, 3)), StageConfig(6))),
        NetworkConfig(4, 3, 1, (StageConfig(6), StageConfig(6, dilation=3)), separable=False),
    ],
)
def test_filters_that_take_in_the_norms_make_the_same_maps(config: NetworkConfig, images: np.ndarray) -> None:
    net = settled(config)
    maps, responses, probabilities = layer_maps(net, images[0]), layer_responses(net, images[0]), read(net, images[:1])
    with sharing(net, images[0], filters_of(net)):
        for layer, values in layer_maps(net, images[0]).items():
            np.testing.assert_allclose(values, maps[layer], atol=1e-4, err_msg=layer)
        assert layer_responses(net, images[0]).keys() == responses.keys(), "outputs are those of every module"
        shared = read(net, images[:1])
    np.testing.assert_allclose(shared.probabilities, probabilities.probabilities, atol=1e-5)
    assert shared.familiar == probabilities.familiar


def test_inference_leaves_no_hook_behind(small_net: DigitNet, images: np.ndarray) -> None:
    layer_responses(small_net, images[0])
    assert not any(module._forward_hooks for module in small_net.modules())
