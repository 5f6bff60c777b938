"""Lines as the page and programs get them read: what is answered, what is refused, and in which words."""

import base64
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

from model import checkpoint, rasterize_line
from model.fields.layer_fields import layer_chain
from model.fields.tap_lattice import count_paths
from model.line.checkpoint import load_line, save_line
from model.line.decoding import read
from model.line.maps import line_layers, line_maps
from model.line.network import LineNet, line_config
from model.stages import StageConfig
from ui.line import LineEndpoint, Lines

LINE = [[[0.2, 0.1], [0.2, 0.9]], [[0.7, 0.2], [1.2, 0.2], [0.9, 0.9]]]
CONFIG = line_config("1 2 13 1", channels=6)


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Two networks that have learned nothing: `line`, and one of which every dilation is 1."""
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    (tmp_path / "lines").mkdir()
    torch.manual_seed(0)
    for name, config in (("line", CONFIG), ("flat", line_config("1 1 111 1", channels=6))):
        net = LineNet(config).eval()
        with torch.no_grad():
            net.head.bias[0], net.head.bias[1:5] = 2.0, 8.0  # everything is a centre, of something as high as the strip
        save_line(net, name)
    return Lines()


def asked(lines: Lines, **fields: Any) -> dict[str, Any]:
    return lines.read_line({"sequence": 1, "line": LINE, "network": "line", "maps": None, **fields})


def test_an_answer_is_what_the_library_reads(lines: Lines) -> None:
    answer = asked(lines)
    strip = rasterize_line(LINE)
    assert answer["width"] == strip.shape[1]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(answer["strip"]), np.uint8), strip.ravel())
    reading = read(load_line("line"), strip)
    assert [digit["label"] for digit in answer["digits"]] == [digit.label for digit in reading.digits]
    np.testing.assert_allclose([digit["box"] for digit in answer["digits"]], [d.box for d in reading.digits], atol=0.01)
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(answer["mask"]), np.int8), reading.mask.ravel())
    assert all(digit["probability"] >= digit["second"]["probability"] for digit in answer["digits"])
    place = np.array(LINE[0][0]) * answer["scale"] + answer["shift"]
    assert strip[int(place[1]), int(place[0])] > 200, "the pen's first point lies on ink"
    json.dumps(answer)


def test_maps_lead_to_the_heads_and_are_sent_as_asked_for(lines: Lines) -> None:
    net, strip = load_line("line"), rasterize_line(LINE)
    maps = line_maps(net, strip)
    last = torch.from_numpy(maps[line_layers(net.config)[-1].name])[None]
    with torch.inference_mode():
        torch.testing.assert_close(net.head(last)[:, 0], net(torch.from_numpy(strip)[None, None]).centre)
    sent = asked(lines, maps={"stages.2.depthwise_1": [3, 0]})["maps"]["stages.2.depthwise_1"]
    values = np.frombuffer(base64.b64decode(sent["values"]), np.uint8).reshape(2, *sent["size"])
    own, step = maps["stages.2.depthwise_1"][[3, 0]], sent["maximum"] / 255
    np.testing.assert_allclose(values * step, own, atol=1.01 * step)
    assert (values > 0).tolist() == (own > 0).tolist()


def test_the_description_has_what_a_lattice_needs(lines: Lines) -> None:
    """Fields and their places are those of the paths that are counted."""
    told = lines.describe_line({"network": "line"})["layers"]
    assert [layer["layer"] for layer in told] == [layer.name for layer in line_layers(CONFIG)]
    for layer, own in zip(told, line_layers(CONFIG), strict=True):
        paths = count_paths(layer_chain(CONFIG, own.output), (7, 30), (28, 120)) > 0
        columns = np.flatnonzero(paths.any(axis=0))
        left = 30 * layer["step"] - layer["padding"]
        assert (columns[0], columns[-1]) == (left, left + layer["field"] - 1), layer["layer"]
    json.dumps(told)


def test_the_network_to_compare_with_is_the_one_without_dilation(lines: Lines) -> None:
    assert lines.undilated() == "flat"
    assert CONFIG.stages[2] == StageConfig(6, dilation=1, branches=(3,))
    flat, wide = (lines.describe_line({"network": name})["layers"][-1]["field"] for name in ("flat", "line"))
    assert f"sees {flat} x {flat} pixels, not {wide} x {wide}." in lines.compared()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sequence": None}, "sequence is a whole number"),
        ({"line": []}, "The drawing has no ink"),
        ({"line": [[[7, 0.5]]]}, "the canvas is 0 to 5 by 0 to 1"),
        ({"line": [[[0, 0.5], [5, 0.5]]]}, "33 times as long as it is high; at most 26 times is expected"),
        ({"line": "<b>7</b>"}, "not valid JSON"),
        ({"network": "base"}, "no network of that name; expected one of flat, line"),
        ({"network": "../line"}, "no network of that name"),
        ({"maps": {"stem": [64]}}, "whole numbers from 0 to 5"),
        ({"maps": {"pool": [0]}}, "The maps of a line"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(lines: Lines, fields: dict[str, Any], said: str) -> None:
    assert said in asked(lines, **fields)["error"]


def test_the_endpoint_returns_arrays_as_it_says(lines: Lines) -> None:
    answer = LineEndpoint(lines).read_line(json.dumps(LINE))
    strip, mask = (
        np.frombuffer(base64.b64decode(each["data"]), each["dtype"]).reshape(each["shape"])
        for each in (answer["strip"], answer["mask"])
    )
    np.testing.assert_array_equal(strip, rasterize_line(LINE))
    assert mask.shape == strip.shape
    assert answer["number"] == "".join(digit["label"] for digit in answer["digits"] if not digit["unlike"])
    with pytest.raises(gr.Error, match="list of strokes"):
        LineEndpoint(lines).read_line("1979")


def test_without_a_network_the_page_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    lines = Lines()
    assert not lines.is_there
    assert "python -m model.line.train makes one" in asked(lines)["error"]
