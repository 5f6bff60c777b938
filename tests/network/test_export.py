"""An exported file is the network: it gives the same answers to every drawing, wherever it is run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given

from model import checkpoint, data
from model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from model.export import main
from model.inference import predict, read
from model.network import DigitNet, NetworkConfig, StageConfig
from model.onnx import int8, runtime
from model.onnx.int8 import describe_int8, to_int8
from model.onnx.runtime import ExportError, random_drawings, session, to_onnx
from tests.conftest import settled
from tests.probing import configurations


@pytest.fixture(autouse=True)
def small_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for MNIST has 456 training images, of which 200 are for validation."""
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)


@pytest.fixture(scope="module")
def warm_net() -> DigitNet:
    """A network whose temperature is not 1; in eval mode, not to be changed."""
    net = settled(NetworkConfig(6, stages=(StageConfig(6, dilation=2), StageConfig(8))))
    net.temperature.fill_(1.7)
    return net


@given(configurations(channels=5, dilations=3, strides=(1, 2), stem_strides=(1, 2, 3), branches=2))
def test_onnx_agrees_with_pytorch_whatever_the_shape(config: NetworkConfig) -> None:
    net = settled(config)
    model = to_onnx(net)
    for count in (1, 2, 7):  # any number of images
        images = random_drawings(count, seed=count)
        probabilities, logits = session(model).run(["probabilities", "logits"], {"images": images})
        assert np.abs(probabilities - predict(net, images)).max() <= 1e-4
        with torch.inference_mode():
            expected = net(torch.from_numpy(images)[:, None]).numpy()
        assert np.allclose(logits, expected, rtol=1e-3, atol=1e-4)


def test_shared_weights_and_the_temperature_are_in_the_file(small_net: DigitNet, warm_net: DigitNet) -> None:
    for net in (small_net, warm_net):
        images = random_drawings(5)
        probabilities, _ = session(to_onnx(net)).run(None, {"images": images})
        assert np.abs(probabilities - read(net, images).probabilities).max() <= 1e-4


def test_the_file_names_its_classes_and_takes_bytes(warm_net: DigitNet) -> None:
    for model in (to_onnx(warm_net), to_int8(warm_net, "nowhere").model):
        runtime = session(model)
        (images,) = runtime.get_inputs()
        assert (images.name, images.type, images.shape[1:]) == ("images", "tensor(uint8)", [28, 28])
        assert isinstance(images.shape[0], str), "any number of images"
        assert json.loads(runtime.get_modelmeta().custom_metadata_map["classes"]) == warm_net.classes


def test_a_file_with_different_answers_is_never_exported(warm_net: DigitNet, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = runtime.onnx_model

    def wrong(net: DigitNet) -> Any:
        other = DigitNet(net.config).eval()
        other.load_state_dict(net.state_dict())
        other.head.bias.data[0] += 0.01
        return exact(other)

    monkeypatch.setattr(runtime, "onnx_model", wrong)
    with pytest.raises(ExportError, match="differ from PyTorch's by"):
        to_onnx(warm_net)


def test_eight_bits_are_eight_bits_and_their_accuracy_is_measured_on_mnist(
    warm_net: DigitNet, stand_in_data: Path
) -> None:
    import onnx

    shares = []
    result = to_int8(warm_net, stand_in_data, shares.append)
    kinds = {
        onnx.TensorProto.DataType.Name(t.data_type)
        for t in onnx.load_from_string(result.model).graph.initializer
        if len(t.dims) == 4
    }
    assert kinds == {"INT8"}
    assert result.source == "MNIST's 100 test images"
    assert shares == sorted(shares)
    images, labels = int8._images_to_measure_on(stand_in_data)[1:3]
    assert result.exact == (predict(warm_net, images).argmax(1) == labels).mean()
    probabilities, _ = session(result.model).run(None, {"images": images})
    assert result.accuracy == (probabilities.argmax(1) == labels).mean()


def test_what_eight_bits_gain_or_lose_is_measured_and_said(warm_net: DigitNet, stand_in_data: Path) -> None:
    """Small networks become larger and slower by them: the sentence follows from what was measured, not from hope."""
    result = to_int8(warm_net, stand_in_data)
    assert result.bytes == (len(result.model), len(to_onnx(warm_net)))
    assert result.images == 100
    assert min(result.seconds) > 0
    said = describe_int8(result)
    assert f"{result.bytes[0]:,} bytes instead of {result.bytes[1]:,}" in said
    assert "100 images in" in said
    measured = {
        ((30, 13), (5.0, 3.0)): "larger (30 bytes instead of 13) and slower",
        ((30, 90), (2.0, 3.0)): "smaller (30 bytes instead of 90) and quicker",
        ((30, 90), (5.0, 3.0)): "smaller (30 bytes instead of 90) but slower",
    }
    for (sizes, seconds), words in measured.items():
        assert words in describe_int8(result._replace(bytes=sizes, seconds=seconds))


def test_without_mnist_the_example_drawings_are_measured_and_named(warm_net: DigitNet) -> None:
    result = to_int8(warm_net, "nowhere")
    assert "example drawings" in result.source
    assert 0 <= result.accuracy <= 1


def test_labels_are_matched_by_the_names_of_the_classes() -> None:
    config = NetworkConfig(4, stages=(StageConfig(4),))
    net = settled(config)
    turned = DigitNet(NetworkConfig(4, stages=(StageConfig(4),), classes=("smile", *reversed(net.classes)))).eval()
    turned.load_state_dict(net.state_dict() | {"head.weight": torch.zeros(11, 4), "head.bias": torch.zeros(11)})
    turned.head.weight.data[1:] = net.head.weight.data.flip(0)
    turned.head.bias.data[1:] = net.head.bias.data.flip(0)
    turned.head.bias.data[0] = -100
    assert to_int8(turned, "nowhere").exact == to_int8(net, "nowhere").exact
    letters = settled(NetworkConfig(4, stages=(StageConfig(4),), classes=("a", "b")))
    assert to_int8(letters, "nowhere").accuracy is None


@pytest.fixture
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_net: DigitNet) -> Path:
    """A directory of checkpoints with one in it, `base`."""
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    save_checkpoint(small_net, "base", preset="base", seed=3, figures={"test": {"images": 1, "accuracy": 1.0}})
    return tmp_path


def test_the_command_writes_each_form(
    checkpoints: Path, stand_in_data: Path, small_net: DigitNet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(checkpoints / "a.onnx")]) == 0
    assert main(["--out", str(checkpoints / "b.onnx"), "--int8", "--data", str(stand_in_data)]) == 0
    assert main(["--out", str(checkpoints / "c.safetensors")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert "of MNIST's 100 test images" in said[1]
    images = random_drawings(3)
    probabilities, _ = session((checkpoints / "a.onnx").read_bytes()).run(None, {"images": images})
    assert np.abs(probabilities - predict(small_net, images)).max() <= 1e-4
    assert read_metadata(checkpoints / "c.safetensors") == read_metadata("base")
    assert np.array_equal(*(predict(load_checkpoint(name), images) for name in (checkpoints / "c.safetensors", "base")))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--out", "a.pt"],
        ["--out", "a.safetensors", "--int8"],
        ["--out", "a.onnx", "--checkpoint", "nobody"],
        ["--out", "no/such/directory/a.onnx"],
    ],
)
def test_a_failed_export_is_one_sentence_and_exit_code_2(
    checkpoints: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_package_is_named_with_how_to_install_it(warm_net: DigitNet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(ExportError, match="pip install onnxruntime"):
        to_onnx(warm_net)
