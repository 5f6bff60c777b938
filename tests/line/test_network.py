"""The network for lines: its size, its shapes at any width, its files, and that cells answer for their surroundings."""

from pathlib import Path

import pytest
import torch

from model.checkpoint import CheckpointError, save_checkpoint
from model.fields.layer_fields import receptive_field
from model.line.checkpoint import load_line, save_line
from model.line.network import LINES, LineNet, line_config
from model.network import DigitNet, count_parameters


def test_the_network_for_lines_has_at_most_60_000_parameters() -> None:
    assert count_parameters(LineNet(LINES["line"])) <= 60_000


def test_the_networks_to_compare_differ_in_dilation_and_stride_alone() -> None:
    line, undilated, strided = (LINES[name] for name in ("line", "line-undilated", "line-strided"))
    assert count_parameters(LineNet(undilated)) == count_parameters(LineNet(line))
    assert {d for stage in undilated.stages for d in stage.dilations} == {1}
    assert {d for stage in strided.stages for d in stage.dilations} == {1}
    assert LineNet(strided).stride > LineNet(line).stride
    assert len(line.stages) == len(undilated.stages) == len(strided.stages)


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("width", [28, 31, 142])
def test_every_width_gives_cells_and_pixels(name: str, width: int) -> None:
    net = LineNet(LINES[name]).eval()
    with torch.inference_mode():
        output = net(torch.randint(256, (2, 1, 28, width), dtype=torch.uint8))
    cells = (-(-28 // net.stride), -(-width // net.stride))
    assert output.centre.shape == (2, *cells)
    assert output.box.shape == (2, 4, *cells)
    assert output.digit.shape == (2, 11, *cells)
    assert output.pixels.shape == (2, 11, 28, width)
    assert (output.box > 0).all()


def test_ink_beyond_a_cells_field_changes_nothing(small_line: LineNet) -> None:
    _, width = receptive_field(DigitNet(small_line.config), f"stages.{len(small_line.config.stages) - 1}").size
    strip = torch.rand(1, 1, 28, 140)
    changed = strip.clone()
    changed[..., 70:] = torch.rand(28, 70)
    with torch.inference_mode():
        before, after = small_line(strip).digit, small_line(changed).digit
    untouched = (70 - width) // 2  # cells whose field ends before the change
    assert untouched > 5
    assert torch.allclose(before[..., :untouched], after[..., :untouched], atol=1e-5)
    assert not torch.allclose(before, after)


def test_bytes_are_read_as_numbers_from_0_to_1(small_line: LineNet) -> None:
    strip = torch.randint(256, (1, 1, 28, 56), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(small_line(strip).digit, small_line(strip / 255).digit)


def test_a_file_gives_the_same_network(small_line: LineNet, tmp_path: Path) -> None:
    path = save_line(small_line, tmp_path / "a.safetensors", seed=3)
    again = load_line(path)
    assert again.config == small_line.config
    assert not again.training
    strip = torch.rand(1, 1, 28, 60)
    with torch.inference_mode():
        assert torch.allclose(again(strip).pixels, small_line(strip).pixels, atol=1e-6)


def test_a_damaged_or_a_missing_file_is_refused_in_one_sentence(small_line: LineNet, tmp_path: Path) -> None:
    path = save_line(small_line, tmp_path / "a.safetensors")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="does not match its own checksum"):
        load_line(path)
    with pytest.raises(CheckpointError, match=r"\AThere is no checkpoint b\.safetensors; .*\.\Z"):
        load_line(tmp_path / "b.safetensors")


def test_a_network_for_single_digits_is_not_taken_for_one(small_net: DigitNet, tmp_path: Path) -> None:
    path = save_checkpoint(small_net, tmp_path / "digit.safetensors")
    with pytest.raises(CheckpointError, match="holds another kind of network; one that reads lines is expected"):
        load_line(path)


def test_unequal_strides_and_dilations_are_no_configuration() -> None:
    with pytest.raises(ValueError, match="zip"):
        line_config("1 2 3", strides="11")
