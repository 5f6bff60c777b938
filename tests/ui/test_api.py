"""The named endpoints, called as programs call them, on the app as a user starts it."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from model import PRESETS, DigitNet, load_checkpoint, rasterize, save_checkpoint, tap_lattice
from model import receptive_field as theoretical_field
from tests.serving import serving
from ui.api.endpoints import Endpoints

DRAWING = [[[0.28, 0.2], [0.5, 0.19], [0.72, 0.2], [0.6, 0.42], [0.5, 0.62], [0.44, 0.85]]]
SEVEN = json.dumps(DRAWING)
CELL = {"drawing": SEVEN, "layer": "stages.2.depthwise", "y": 5, "x": 9}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory that the app is started from."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, elsewhere: Path) -> Iterator[str]:
    """Of an app without MNIST."""
    directory = tmp_path_factory.mktemp("api")
    with serving("--data", str(directory), "--state", str(directory / "state"), directory=elsewhere) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


def decode(array: dict) -> np.ndarray:
    """As the endpoint's description says."""
    return np.frombuffer(base64.b64decode(array["data"]), array["dtype"]).reshape(array["shape"])


def test_predict_gives_probabilities(client: Client) -> None:
    answer = client.predict(SEVEN, api_name="/predict")
    assert list(answer) == list("0123456789")
    assert sum(answer.values()) == pytest.approx(1, abs=1e-5)
    assert max(answer, key=answer.get) == "7"


def test_layers_are_those_of_the_network(client: Client) -> None:
    net = DigitNet(PRESETS["base"])
    answer = client.predict(SEVEN, api_name="/layers")
    np.testing.assert_array_equal(decode(answer["image"]), rasterize(DRAWING))
    arrays = {layer["name"]: decode(layer) for layer in answer["layers"]}
    assert set(arrays) == {name for name, _ in net.named_modules() if name not in ("", "stages")}
    for name, array in arrays.items():
        assert array.shape[1:] == theoretical_field(net, name).map_size
    probabilities = client.predict(SEVEN, api_name="/predict")
    assert str(arrays["head"].argmax()) == max(probabilities, key=probabilities.get)
    np.testing.assert_allclose(arrays["pool"][:, 0, 0], arrays["stages.3"].mean((1, 2)), atol=1e-5)


def test_some_layers_may_be_chosen(client: Client) -> None:
    answer = client.predict(SEVEN, names="head, stem, head", api_name="/layers")
    assert [layer["name"] for layer in answer["layers"]] == ["head", "stem"]


def test_a_receptive_field_is_the_one_of_the_algebra(client: Client) -> None:
    net = DigitNet(PRESETS["base"])
    field = theoretical_field(net, CELL["layer"])
    answer = client.predict(**CELL, api_name="/receptive_field")
    for name in ("size", "stride", "padding", "map_size"):
        assert tuple(answer[name]) == getattr(field, name)
    assert tuple(answer["center"]) == field.center_of(5, 9)
    top, left, bottom, right = answer["region"]
    assert ((top, bottom), (left, right)) == field.region(5, 9)
    lattice = np.array(answer["lattice"])
    np.testing.assert_array_equal(lattice, tap_lattice(net, CELL["layer"], (5, 9)))
    assert answer["pixels_read"] == np.count_nonzero(lattice)
    assert answer["pixels_in_region"] == (bottom - top) * (right - left)


def test_influence_comes_from_pixels_that_are_read_only(client: Client) -> None:
    answer = client.predict(**CELL, channel=3, api_name="/receptive_field")
    effective, lattice = np.array(answer["effective"]), np.array(answer["lattice"])
    assert effective.shape == lattice.shape == (28, 28)
    assert effective.max() > 0
    assert not effective[lattice == 0].any()
    top, left, bottom, right = answer["box_95"]
    assert effective[top:bottom, left:right].sum() >= 0.95 * effective.sum() * (1 - 1e-5)
    assert 0 < answer["fraction_95"] <= 1


def test_a_channel_is_another_question_than_all_of_them(client: Client) -> None:
    one, every = (client.predict(**CELL, channel=c, api_name="/receptive_field")["effective"] for c in (3, -1))
    assert one != every


def samples(*labels: str) -> str:
    return json.dumps({"format": 1, "samples": [{"label": label, "drawing": DRAWING} for label in labels]})


def test_a_network_is_taught_with_progress_and_comes_as_a_file(client: Client, tmp_path: Path) -> None:
    job = client.submit(samples("seven"), "nano", '{"steps": 5, "batch": 8, "keep": "class"}', api_name="/fine_tune")
    job.result()
    *running, done = job.outputs()
    steps = [each for each in running if each["state"] == "running"]
    assert [each["step"] for each in steps] == [0, 5]
    assert done["state"] == "done"
    assert done["metrics"]["samples"] == [0.0, 1.0]
    assert done["metrics"]["held"] is None
    file = tmp_path / "taught.safetensors"
    file.write_bytes(base64.b64decode(done["file"]))
    assert load_checkpoint(file).classes == [*"0123456789", "seven"]
    answer = client.predict(SEVEN, done["key"], api_name="/predict")
    assert max(answer, key=answer.get) == "seven"


@pytest.mark.parametrize(
    ("endpoint", "wrong", "sentence"),
    [
        ("/predict", {"drawing": "[[[0.1, NaN]]]"}, "finite numbers"),
        ("/predict", {"drawing": "[]"}, "no ink"),
        ("/predict", {"drawing": "not JSON"}, "not valid JSON"),
        ("/predict", {"drawing": "<b>7</b>"}, "not valid JSON"),
        ("/predict", {"drawing": None}, "list of strokes"),
        ("/predict", {"network": "unheard-of"}, "no network of that name"),
        ("/predict", {"network": "../checkpoints/base.safetensors"}, "no network of that name"),
        ("/layers", {"drawing": "{}"}, "list of strokes"),
        ("/layers", {"network": "/etc/passwd"}, "no network of that name"),
        ("/layers", {"names": "stem,stages.99"}, "no layer 'stages.99'"),
        ("/layers", {"names": 5}, "expected text"),
        ("/receptive_field", {"drawing": "[[]]"}, "no ink"),
        ("/receptive_field", {"network": "/etc/passwd"}, "no network of that name"),
        ("/receptive_field", {"layer": "stages.99"}, "no layer 'stages.99'"),
        ("/receptive_field", {"layer": ["stem"]}, "expected text"),
        ("/receptive_field", {"y": 14}, "outside the map; expected y from 0 to 13"),
        ("/receptive_field", {"x": -1}, "outside the map"),
        ("/receptive_field", {"y": 1.5}, "whole numbers"),
        ("/receptive_field", {"channel": 64}, "no channel 64; expected one from 0 to 63"),
        ("/receptive_field", {"channel": "all"}, "expected a whole number"),
        ("/fine_tune", {"samples": "not JSON"}, "not a samples file"),
        ("/fine_tune", {"samples": None}, "expected text"),
        ("/fine_tune", {"samples": samples()}, "no samples yet"),
        ("/fine_tune", {"samples": samples("x" * 300)}, "at most 24 characters"),
        ("/fine_tune", {"network": "/etc/passwd"}, "no network of that name"),
        ("/fine_tune", {"settings": "5"}, "settings of a teaching"),
        ("/fine_tune", {"settings": "{"}, "JSON text of an object"),
        ("/fine_tune", {"settings": '{"steps": 9999}'}, "whole number from 0 to 300"),
    ],
)
def test_an_error_is_one_sentence(client: Client, endpoint: str, wrong: dict, sentence: str) -> None:
    """A program's author reads this sentence, not the server's log."""
    calls = {"/receptive_field": CELL, "/fine_tune": {"samples": samples("7")}}
    call = calls.get(endpoint, {"drawing": SEVEN})
    with pytest.raises(AppError, match=sentence) as caught:
        client.predict(**{**call, **wrong}, api_name=endpoint)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["/predict", "/layers", "/receptive_field"])
def test_no_endpoint_opens_a_checkpoint_by_its_path(client: Client, endpoint: str, tmp_path: Path) -> None:
    """The file is a valid one; it stays closed only because nobody offered it."""
    path = save_checkpoint(DigitNet(PRESETS["nano"]), tmp_path / "mine.safetensors")
    call = CELL if endpoint == "/receptive_field" else {"drawing": SEVEN}
    with pytest.raises(AppError, match="no network of that name"):
        client.predict(**call, network=str(path), api_name=endpoint)


def test_the_public_endpoints_are_described_and_no_others_are_public(client: Client) -> None:
    """What the page itself calls is no face for programs; the docstrings are what programs' authors read."""
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(endpoints) == {
        "/predict",
        "/layers",
        "/receptive_field",
        "/fine_tune",
        "/generate",
        "/complete",
        "/read_line",
    }
    for endpoint in endpoints.values():
        assert endpoint["description"].endswith(".")
    for method in (Endpoints.predict, Endpoints.layers, Endpoints.receptive_field):
        assert all(name in method.__doc__ for name in PRESETS)


def test_it_serves_from_any_directory_and_leaves_nothing_there(address: str, elsewhere: Path) -> None:
    with urllib.request.urlopen(address, timeout=30) as page:
        assert "Digitscope" in page.read().decode()
    with urllib.request.urlopen(f"{address}/digitscope/canvas/canvas.js", timeout=30) as module:
        assert "export function mount" in module.read().decode()
    assert list(elsewhere.iterdir()) == []
