"""The tab that draws: what its server functions and endpoints give and refuse."""

import base64
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from model import DigitNet, complete, predict
from model.drawing.normalisation import centred
from model.generation import checkpoint as generator_checkpoint
from model.generation.checkpoint import save_generator
from model.generation.network import DigitGenerator
from tests.generation.conftest import SMALL, shaken
from tests.ui.conftest import Here, outcome_of
from ui import apart, imagine
from ui.api.drawing import DrawingEndpoints
from ui.background.jobs import Jobs
from ui.imagine import describe_generators, read_images, sheet_part, start_completing, start_mapping
from ui.kept.networks import Networks

STROKE = [[[0.5, 0.1], [0.5, 0.4]]]
IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[4:14, 10:13] = 200
THREE = [float(index == 3) for index in range(11)]


def written(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def plane(text: str, dtype: Any = np.uint8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


REQUEST = {"generator": "dilated", "image": written(IMAGE), "keep": written((IMAGE > 0).astype(np.uint8)),
           "shares": [THREE, THREE], "seed": 4, "steps": 3, "guidance": 1.5}  # fmt: skip


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DigitGenerator:
    """A small generator stands in for the shipped one, which is trained for minutes."""
    monkeypatch.setattr(generator_checkpoint.checkpoint, "CHECKPOINTS", tmp_path)
    (tmp_path / "generators").mkdir()
    save_generator(shaken(SMALL), "dilated", figures={"test": {"completed as told": 0.5}})
    return apart._generator("dilated")


def test_completions_come_with_every_step_and_keep_the_ink(generator: DigitGenerator, jobs: Jobs, here: Here) -> None:
    told = outcome_of(jobs, start_completing(jobs, here, REQUEST)["job"])
    images = plane(told["images"]).reshape(2, 28, 28)
    np.testing.assert_array_equal(images, complete(generator, IMAGE, IMAGE > 0, "3", 2, seed=4, steps=3))
    assert [step["time"] for step in told["trail"]][:: len(told["trail"]) - 1] == [0, 1]
    assert {plane(step[kind]).size for step in told["trail"] for kind in ("noisy", "answer")} == {2 * 784}


def test_maps_come_as_signed_bytes_of_each_stage(generator: DigitGenerator, jobs: Jobs, here: Here) -> None:
    started = start_mapping(jobs, here, REQUEST | {"step": 2, "index": 1})
    (described,) = describe_generators()["generators"]
    maps = outcome_of(jobs, started["job"])["maps"]
    assert [each["name"] for each in maps] == [stage["name"] for stage in described["stages"]]
    for each in maps:
        values = plane(each["values"], np.int8)
        assert values.size == each["channels"] * each["height"] * each["width"]
        assert np.abs(values.astype(int)).max() == 127


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"generator": "../base"}, "no generator of that name"),
        ({"image": written(IMAGE[:27])}, "756 pixels; expected 784 bytes"),
        ({"keep": "no base64"}, "not 28 x 28 pixels"),
        ({"keep": None}, "needs a mask"),
        ({"keep": written(0 * IMAGE)}, "Nothing of the image is kept"),
        ({"shares": [THREE] * 7}, "list of 1 to 6 lists"),
        ({"shares": [["a"] * 11]}, "have to be numbers"),
        ({"shares": [[0.1]]}, "11 numbers from 0 to 1"),
        ({"seed": "x"}, "seed is 'x'"),
        ({"steps": 10**6}, "from 1 to 20"),
        ({"guidance": None}, "guidance is None"),
    ],
)
@pytest.mark.usefixtures("generator")
def test_a_wrong_request_is_refused_in_a_sentence(jobs: Jobs, here: Here, change: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        outcome_of(jobs, start_completing(jobs, here, REQUEST | change)["job"])
    assert str(caught.value).endswith(".")


def test_a_missing_or_damaged_generator_is_said_in_a_sentence(generator: DigitGenerator, tmp_path: Path) -> None:
    """And one for comparison is left out."""
    path = generator_checkpoint.generator_path("dilated")
    assert describe_generators()["generators"][0]["figures"]["completed"] == 0.5
    generator_checkpoint.generator_path("undilated").write_bytes(b"none")
    assert [each["name"] for each in describe_generators()["generators"]] == ["dilated"]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"damaged|altered|cut"):
        describe_generators()
    path.unlink()
    with pytest.raises(ValueError, match="dilated"):
        describe_generators()


def test_images_are_read_with_their_ink_in_the_middle(networks: Networks, offered: str, small_net: DigitNet) -> None:
    told = read_images(networks, {"network": offered, "images": written(IMAGE)})
    moved = centred(IMAGE)
    assert moved[9:19, 12:16].sum() == IMAGE.sum()
    np.testing.assert_allclose(told["probabilities"], predict(small_net, moved[None]), atol=1e-4)
    with pytest.raises(ValueError, match="at most 6 images"):
        read_images(networks, {"network": offered, "images": written(np.zeros(7 * 784, np.uint8))})


def test_the_sheet_is_seen_as_it_lies(small_net: DigitNet) -> None:
    image = plane(sheet_part(small_net, IMAGE, {"drawing": STROKE})["image"]).reshape(28, 28)
    rows = np.flatnonzero(image.any(1))
    assert (rows[0], rows[-1]) == pytest.approx((0.1 * 28, 0.4 * 28), abs=2)


# The endpoints ------------------------------------------------------------------------------------------------------


@pytest.fixture
def endpoints(generator: DigitGenerator, jobs: Jobs, here: Here) -> DrawingEndpoints:
    return DrawingEndpoints(jobs, here)  # type: ignore[arg-type]


def test_programs_generate_and_complete(endpoints: DrawingEndpoints) -> None:
    drawn = endpoints.generate("3, any", count=2, seed=1)
    assert (drawn["dtype"], drawn["shape"]) == ("uint8", [4, 28, 28])
    assert plane(drawn["data"]).size == 4 * 784
    ways = endpoints.complete(json.dumps(IMAGE.tolist()), label="7", count=2)
    images = plane(ways["data"]).reshape(ways["shape"])
    assert (images[:, IMAGE > 0] == IMAGE[IMAGE > 0]).all()
    assert endpoints.complete(json.dumps(STROKE), count=1)["shape"] == [1, 28, 28]


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("generate", {"labels": "3", "count": 10**6}, "1,000,000 images were asked for; at most 1,000"),
        ("generate", {"labels": "x"}, "does not draw 'x'; expected one of 0, 1"),
        ("generate", {"labels": ""}, "names no class"),
        ("generate", {"labels": 3}, "text of at most"),
        ("generate", {"labels": "3", "count": 0}, "count is 0"),
        ("generate", {"labels": "3", "seed": 1.5}, "seed is 1.5"),
        ("generate", {"labels": "3", "generator": "../base"}, "no generator of that name"),
        ("complete", {"drawing": "[]"}, "no ink"),
        ("complete", {"drawing": "[[1, 2]]"}, "28 rows of 28"),
        ("complete", {"drawing": json.dumps(STROKE), "keep": "[[1]]"}, "mask has to be the JSON text of 28 rows"),
        ("complete", {"drawing": json.dumps(STROKE), "keep": json.dumps([[1] * 28] * 28)}, "All of the image is kept"),
        ("complete", {"drawing": json.dumps(STROKE), "count": 10**6}, "at most 1,000"),
        ("complete", {"drawing": json.dumps(STROKE), "label": "seven"}, "does not draw 'seven'"),
    ],
)
def test_an_endpoint_refuses_in_a_sentence(
    endpoints: DrawingEndpoints, endpoint: str, arguments: dict, sentence: str
) -> None:
    with pytest.raises(gr.Error, match=sentence):
        getattr(endpoints, endpoint)(**arguments)


@pytest.mark.parametrize(
    ("completed", "said"),
    [((0.94, 0.95), "no clear difference"), ((0.95, 0.8), "dilation helps"), ((0.8, 0.95), "does not help")],
)
def test_two_generators_are_compared_by_what_they_finish(completed: tuple[float, float], said: str) -> None:
    """A difference that chance would explain counts for nothing."""
    assert said in imagine._compared(completed)
    assert imagine._compared(completed[:1]) == imagine._compared((completed[0], None)) == ""
