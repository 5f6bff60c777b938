"""The Learn tab: every number on it is computed, and each of them is held here against another way to compute it."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from html.parser import HTMLParser
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv2d
from torch.utils.flop_counter import FlopCounterMode

from model import (
    DigitNet,
    NetworkConfig,
    StageConfig,
    depthwise_separable_conv2d,
    load_checkpoint,
    rasterize,
    receptive_field,
    tap_lattice,
)
from model.cost.convolution import Convolution
from model.cost.worked_example import IN_READING_ORDER, WorkedExample
from model.drawing.examples import load_examples
from model.fields.gridding import meets_hybrid_dilation
from model.inference import layer_maps, layer_responses
from model.study.networks import Scores
from ui.learn import choosing as advice
from ui.learn import texts as lessons
from ui.learn.by_hand import take_patch, work_through
from ui.learn.calculator import START as START_CONVOLUTION
from ui.learn.calculator import calculate
from ui.learn.choosing import share_outside, verdict
from ui.learn.dilation import dilation_part, flowchart_part
from ui.learn.figures import CHANNELS, depthwise_part, pointwise_part, separable_part
from ui.learn.gridding import columns_read, describe_gridding
from ui.learn.misconceptions import MISCONCEPTIONS
from ui.learn.tab import LEARN_PARTS, reference_source
from ui.serving.view import ASSETS

TEMPLATES = {
    name: text for name, text in vars(lessons).items() if name.isupper() and isinstance(text, str) and "\n" in text
}
VIEWS = ("depthwise", "pointwise", "separable", "dilation", "flowchart", "worked", "calculator", "gridding")


def numbers_in(text: str) -> list[str]:
    return re.findall(r"\d[\d,]*\.?\d*", text)


# No number is typed in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_text_names_its_numbers_and_types_none(name: str) -> None:
    """Outside of formulas and names of code, a digit in a template would be a number that nothing computes."""
    bare = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|%\(\w+\)s", "", TEMPLATES[name], flags=re.DOTALL)
    assert not re.findall(r"\d", bare)
    assert "%(" not in lessons.lesson(TEMPLATES[name])


class Text(HTMLParser):
    """The text of a view's markup."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@pytest.mark.parametrize("name", VIEWS)
def test_the_markup_of_a_figure_types_no_number(name: str) -> None:
    text = Text()
    text.feed((ASSETS / "learn" / f"{name}.html").read_text(encoding="utf-8"))
    assert not numbers_in(" ".join(text.said))


def test_the_texts_say_what_torch_says() -> None:
    """The numbers of the templates, from modules and from brute force instead of the formulas that filled them in."""
    said = lessons.numbers()
    standard, depthwise, pointwise = (
        nn.Conv2d(64, 64, 3, bias=False),
        nn.Conv2d(64, 64, 3, groups=64, bias=False),
        nn.Conv2d(64, 64, 1, bias=False),
    )
    counts = [module.weight.numel() for module in (standard, depthwise, pointwise)]
    assert [said[kind] for kind in ("standard", "depthwise", "pointwise")] == [f"{count:,}" for count in counts]
    assert said["separable"] == f"{counts[1] + counts[2]:,}"
    assert said["ratio"] == f"{100 * (counts[1] + counts[2]) / counts[0]:.1f} %"
    assert said["standard_macs"] == f"{counts[0] * 14 * 14:,}"
    assert said["separable_macs"] == f"{(counts[1] + counts[2]) * 14 * 14:,}"
    net = DigitNet(lessons.PRESETS[lessons.EXAMPLE])
    fields = [receptive_field(net, f"stages.{index}").size[0] for index in range(len(net.stages))]
    assert said["preset_fields"] == ", ".join(map(str, fields))
    assert (said["valid"], said["same_cells"], said["same_first"]) == ("2.85", "9", "0.94")
    assert (said["bad_read"], said["bad_size"]) == ("15", "29")


def test_the_source_is_the_one_of_the_library() -> None:
    namespace: dict = {}
    source = reference_source()
    exec(
        compile(
            "from model.cost.separable import *\nfrom model.cost.separable import " + HIDDEN + "\n" + source,
            "s",
            "exec",
        ),
        namespace,
    )
    x, depthwise, pointwise = torch.randn(1, 2, 5, 5), torch.randn(2, 1, 3, 3), torch.randn(3, 2, 1, 1)
    torch.testing.assert_close(
        namespace["depthwise_separable_conv2d"](x, depthwise, pointwise),
        depthwise_separable_conv2d(x, depthwise, pointwise),
    )


HIDDEN = "_cells_around, _check_depthwise, _check_pointwise, _padded"


# The worked example -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("padding", "dilation"), [("valid", 1), ("same", 1), ("same", 2)])
def test_the_worked_example_is_what_torch_computes(padding: str, dilation: int) -> None:
    x = torch.tensor(IN_READING_ORDER, dtype=torch.float64)[None, None]
    example = WorkedExample(padding=padding, dilation=dilation)
    expected = conv2d(x, x, padding=dilation if padding == "same" else 0, dilation=dilation)[0, 0]
    cells = example.cells()
    np.testing.assert_allclose([[cell.depthwise for cell in row] for row in cells], expected)
    for row in cells:
        for cell in row:
            assert sum(product.product for product in cell.products) == pytest.approx(cell.depthwise)
            assert cell.pointwise == pytest.approx([weight * cell.depthwise for weight in example.pointwise])


def test_the_worked_example_gives_one_number_without_padding() -> None:
    request = {
        "source": [*map(list, IN_READING_ORDER)],
        "kernel": [*map(list, IN_READING_ORDER)],
        "pointwise": [2, -0.5],
    }
    answer = work_through({**request, "padding": "valid", "dilation": 1})
    assert [cell["depthwise"] for cell in answer["cells"]] == pytest.approx([2.85])
    assert len(work_through({**request, "padding": "same", "dilation": 1})["cells"]) == 9
    assert answer["cells"][0]["sentence"] == "The only cell is the sum of 9 products, one for each tap."


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"dilation": 2}, "reaches over 5 x 5 cells and the padded input has 3 x 3"),
        ({"dilation": 0}, "dilation is 0; expected a whole number from 1 to 3."),
        ({"padding": "half"}, 'padding has to be "valid" or "same"'),
        ({"source": [[1, 2, 3]]}, "The input has to be 3 rows of 3 numbers."),
        ({"kernel": [[1, 2, 3], [1, None, 3], [1, 2, 3]]}, "The kernel has an entry None; expected numbers"),
        ({"kernel": [[1, 2, 3], [1, float("nan"), 3], [1, 2, 3]]}, "The kernel has an entry nan"),
        ({"pointwise": [1e9, 1]}, "from -1000 to 1000"),
        ({"bias": 1}, "The example needs exactly these"),
    ],
)
def test_the_worked_example_says_what_is_wrong(changed: dict[str, object], sentence: str) -> None:
    request = {
        "source": [[1, 2, 3]] * 3,
        "kernel": [[1, 2, 3]] * 3,
        "pointwise": [1, 2],
        "padding": "valid",
        "dilation": 1,
    }
    with pytest.raises(ValueError, match=re.escape(sentence)):
        work_through(request | changed)


def test_the_patch_of_a_drawing_can_be_worked_through() -> None:
    patch = take_patch([[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]])["source"]
    assert np.ptp(patch) > 0.5
    WorkedExample(source=patch, padding="same").cells()


# The calculator -----------------------------------------------------------------------------------------------------

START = {"in_channels": 3, "out_channels": 5, "kernel_height": 3, "kernel_width": 3, "dilation": 1, "stride": 1}
START |= {"padding": "same", "height": 8, "width": 8}


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    kernel, dilation = draw(st.tuples(st.integers(1, 5), st.integers(1, 5))), draw(st.integers(1, 3))
    odd = all(side % 2 for side in kernel)
    return Convolution(
        draw(st.integers(1, 6)),
        draw(st.integers(1, 6)),
        *kernel,
        dilation,
        draw(st.integers(1, 3)),
        draw(st.sampled_from(["same", 0, 2])) if odd else draw(st.integers(0, 3)),
        13 + draw(st.integers(0, 4)),
        13 + draw(st.integers(0, 4)),
    )


@given(convolutions())
def test_the_formulas_agree_with_the_modules_and_with_torch_while_it_runs(convolution: Convolution) -> None:
    formulas = convolution.costs()
    assert (formulas, convolution.output_size) == convolution.counted()
    window = ((convolution.kernel_height, convolution.kernel_width), convolution.stride, convolution.cells_around)
    module = nn.Conv2d(convolution.in_channels, convolution.out_channels, *window, convolution.dilation, bias=False)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        y = module(torch.zeros(1, convolution.in_channels, convolution.height, convolution.width))
    assert formulas["standard"] == (module.weight.numel(), counter.get_total_flops() // 2)
    assert tuple(y.shape[2:]) == convolution.output_size
    for cost in zip(formulas["separable"], formulas["standard"], strict=True):
        assert cost[0] / cost[1] == pytest.approx(convolution.ratio)


def test_dilation_changes_no_count_of_the_calculator() -> None:
    near, far = (calculate(START | {"dilation": dilation}) for dilation in (1, 3))
    assert near["rows"] == far["rows"]
    assert (near["effective_kernel"], far["effective_kernel"]) == ((3, 3), (7, 7))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"in_channels": 10_000}, "in_channels is 10000; expected a whole number from 1 to 1024."),
        ({"kernel_height": 4}, "kernel_height is 4 and padding is same; expected an odd one"),
        ({"dilation": 0}, "dilation is 0; expected a whole number from 1 to 14."),
        ({"padding": 0, "dilation": 14}, "reaches over 29 x 29 cells and the padded input has 8 x 8"),
        ({"width": None}, "width is None"),
        ({"stride": 1.5}, "stride is 1.5"),
        ({"more": 1}, "The calculator needs exactly these"),
    ],
)
def test_the_calculator_says_which_symbol_is_wrong(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        calculate(START | changed)


# Figures of the drawing ---------------------------------------------------------------------------------------------


@pytest.fixture
def image(images: np.ndarray) -> np.ndarray:
    return images[0]


def floats(text: str, size: tuple[int, int]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(size)


def test_the_depthwise_figure_shows_the_networks_own_arithmetic(small_net: DigitNet, image: np.ndarray) -> None:
    own = layer_responses(small_net, image)["stages.0.depthwise"]  # (C, H, W)
    for y, x in [(0, 0), (7, 7), (13, 13)]:
        part = depthwise_part(small_net, image, {"page": 0, "y": y, "x": x})
        for channel in part["channels"]:
            np.testing.assert_allclose(floats(channel["output"], part["size"]), own[channel["channel"]], atol=1e-4)
            products = [product for product in channel["products"] if product is not None]
            assert sum(products) == pytest.approx(channel["value"], abs=1e-4)
            assert channel["value"] == pytest.approx(float(own[channel["channel"], y, x]), abs=1e-4)


def test_every_channel_is_on_some_page_of_the_depthwise_figure(small_net: DigitNet, image: np.ndarray) -> None:
    pages = depthwise_part(small_net, image, {"page": 0, "y": 0, "x": 0})["pages"]
    parts = [depthwise_part(small_net, image, {"page": page, "y": 0, "x": 0}) for page in range(pages)]
    assert sorted(channel["channel"] for part in parts for channel in part["channels"]) == list(range(6))


def test_the_pointwise_figure_adds_up_to_the_networks_own_value(small_net: DigitNet, image: np.ndarray) -> None:
    own = layer_responses(small_net, image)["stages.0.pointwise"]
    part = pointwise_part(small_net, image, {"output": 2, "y": 5, "x": 9})
    total = sum(term["product"] for term in part["terms"]) + part["rest"][1]
    assert total == pytest.approx(part["value"], abs=1e-4)
    assert part["value"] == pytest.approx(float(own[2, 5, 9]), abs=1e-4)


def test_the_separable_figure_is_depthwise_and_then_pointwise(small_net: DigitNet, image: np.ndarray) -> None:
    part = separable_part(small_net, image, {})
    assert part["sentence"].startswith(f"This takes {6 * 9 + 6 * 6} weights")
    assert "differ by at most 0.00000" in part["sentence"]


@pytest.mark.parametrize("dilation", [1, 2, 5, 9])
def test_the_dilated_kernel_reads_what_torch_reads(small_net: DigitNet, image: np.ndarray, dilation: int) -> None:
    part = dilation_part(small_net, image, {"kernel": 1, "dilation": dilation, "y": 14, "x": 3})
    weight = small_net.stages[0].depthwise.weight.detach()[part["channel"]][None]
    x = torch.from_numpy(np.float32(image) / 255)[None, None]
    expected = conv2d(x, weight, padding=dilation, dilation=dilation)[0, 0].numpy()
    np.testing.assert_allclose(floats(part["output"], (28, 28)), expected, atol=1e-5)
    assert part["value"] == pytest.approx(float(expected[14, 3]), abs=1e-5)
    reach = 2 * dilation + 1
    assert f"reach over {reach} x {reach} pixels and read 9 of these {reach**2}" in part["sentence"]


def test_the_flow_chart_answers_its_question(small_net: DigitNet, image: np.ndarray) -> None:
    for index, stage in enumerate(small_net.stages):
        part = flowchart_part(small_net, image, {"stage": index})
        assert part["dilated"] == (stage.dilation > 1)
        assert part["residual"] == stage.residual
        maps = layer_maps(small_net, image)
        assert part["labels"]["output"].startswith(f"{len(maps[f'stages.{index}.pointwise'])} maps of")


@pytest.mark.parametrize(
    ("name", "parameter", "last"),
    [
        ("depthwise", "page", lambda net: -(-net.config.stem_channels // CHANNELS) - 1),
        ("pointwise", "output", lambda net: net.stages[0].config.channels - 1),
        ("dilation", "kernel", lambda net: net.config.stem_channels - 1),
        ("flowchart", "stage", lambda net: len(net.stages) - 1),
    ],
)
def test_what_was_pointed_at_in_a_larger_network_is_the_last_of_this_one(
    small_net: DigitNet, image: np.ndarray, name: str, parameter: str, last: Callable[[DigitNet], int]
) -> None:
    """A network that is chosen meanwhile may have fewer channels; its figure is not to stand empty."""
    good = {"page": 0, "output": 0, "kernel": 0, "dilation": 1, "stage": 0, "y": 0, "x": 0}
    beyond, there = (LEARN_PARTS[name](small_net, image, good | {parameter: at}) for at in (99, last(small_net)))
    assert beyond == there


@pytest.mark.parametrize("name", LEARN_PARTS)
def test_a_figure_says_what_is_wrong_in_a_sentence(
    small_net: DigitNet, standard_net: DigitNet, image: np.ndarray, name: str
) -> None:
    good = {"page": 0, "output": 0, "kernel": 0, "dilation": 1, "stage": 0, "y": 0, "x": 0}
    with pytest.raises(ValueError, match="choose a separable network"):
        LEARN_PARTS[name](standard_net, image, good)
    if name == "separable":
        return
    for wrong in (-1, 1.5, True, None, "1", 10**9):
        with pytest.raises(ValueError, match="expected a whole number from"):
            LEARN_PARTS[name](small_net, image, dict.fromkeys(good, wrong))


# Gridding -----------------------------------------------------------------------------------------------------------


def offsets(dilations: Sequence[int]) -> set[int]:
    return {
        sum(d * t for d, t in zip(dilations, taps, strict=True)) for taps in product((-1, 0, 1), repeat=len(dilations))
    }


@given(st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_gridding_counts_the_sums_of_steps(dilations: Sequence[int]) -> None:
    answer = describe_gridding(dilations)
    reached = offsets(dilations)
    assert answer["columns"] == [len(reached), 2 * sum(dilations) + 1]
    assert ("no gridding" in answer["sentence"]) == (len(reached) == 2 * sum(dilations) + 1)
    middle = 14
    beyond = sum(not 0 <= middle + offset < 28 for offset in reached)
    said = re.search(r" Of the columns read, (\d+) lies? beyond the image", answer["sentence"])
    assert (int(said[1]) if said else 0) == beyond
    nearest = re.search(r"lies (\d+) from the middle", answer["sentence"])
    if nearest:
        assert int(nearest[1]) == min(set(range(sum(dilations))) - reached)


def test_the_rule_of_hybrid_dilation_promises_what_the_text_says() -> None:
    """With a first dilation of 1, M_2 <= K leaves no hole; the text's counterexamples are some."""
    for dilations in product([1], range(1, 10), range(1, 10)):
        assert columns_read(dilations).all() or not meets_hybrid_dilation(dilations, 3)
    kept, broken = (tuple(map(int, lessons.numbers()[name].split(", "))) for name in ("kept", "broken"))
    assert meets_hybrid_dilation(kept, 3)
    assert not columns_read(kept).all()
    assert not meets_hybrid_dilation(broken, 3)
    assert columns_read(broken).all()


@pytest.mark.parametrize("wrong", [None, [1, 2], [1, 2, 0], [1, 2, 10], [1, 2, 1.5], [True, 1, 2]])
def test_gridding_wants_three_dilations(wrong: object) -> None:
    with pytest.raises(ValueError, match="Expected 3 dilations, whole numbers from 1 to 9"):
        describe_gridding(wrong)


def test_a_residual_path_fills_no_holes() -> None:
    """The middle tap reads the cell that a residual path passes on: what the text says of it is so."""
    dilations = (2, 4)
    residual = NetworkConfig(
        4, stem_kernel=1, stem_stride=1, stages=tuple(StageConfig(4, dilation=d) for d in dilations)
    )
    plain = replace(residual, stages=tuple(StageConfig(4 + i, dilation=d) for i, d in enumerate(dilations, 1)))
    with_paths, without = (DigitNet(config) for config in (residual, plain))
    assert [stage.residual for stage in with_paths.stages] == [True, True]
    assert [stage.residual for stage in without.stages] == [False, False]
    read, bare = (tap_lattice(net, "stages.1", (14, 14)) > 0 for net in (with_paths, without))
    assert (read == bare).all()
    assert "A residual path fills no holes" in lessons.GRIDDING


def test_the_calculator_names_its_symbols_in_numbers() -> None:
    said = calculate({**asdict(START_CONVOLUTION), "out_channels": 32})["sentence"]
    assert "1 / 32 + 1 / 9 = 0.1424" in said
    assert "C_out" not in said


def test_the_largest_products_of_a_pointwise_sum_are_listed() -> None:
    """The rest may be many, but none of it is larger than what is listed."""
    net, image = load_checkpoint("base"), rasterize(next(iter(load_examples())).drawing)
    for output in range(3):
        found = pointwise_part(net, image, {"output": output, "y": 5, "x": 7})
        listed = [abs(term["product"]) for term in found["terms"]]
        assert listed == sorted(listed, reverse=True)
        every = _all_products(net, image, output, 5, 7)
        assert listed == pytest.approx(sorted(map(abs, every), reverse=True)[: len(listed)], abs=1e-6)


def _all_products(net: DigitNet, image: np.ndarray, output: int, y: int, x: int) -> list[float]:
    read = layer_maps(net, image)["stages.0.depthwise"][:, y, x]
    weights = net.stages[0].pointwise.weight.detach().numpy()[output, :, 0, 0]
    return (read * weights).tolist()


# Common misconceptions -----------------------------------------------------------------------------------------------

TRUTHS = {each.claim: each.truth() for each in MISCONCEPTIONS}


def truth(part: str) -> str:
    (line,) = (truth for claim, truth in TRUTHS.items() if part in claim)
    return line


def test_a_depthwise_kernel_has_one_kernel_a_channel() -> None:
    module = nn.Conv2d(64, 64, 3, groups=64, bias=False)
    assert f"that is {module.weight.numel():,}, not {64 * 64 * 9:,}" in truth(r"C_{in} \cdot C_{out}")


def test_dilation_adds_no_weights() -> None:
    line = truth("larger dilation")
    for dilation in (1, 2, 4):
        module = nn.Conv2d(1, 1, 3, dilation=dilation, bias=False)
        assert f"{module.weight.numel()} at dilation {dilation}" in line
        width = 20 - module(torch.zeros(1, 1, 20, 20)).shape[-1] + 1  # what the kernel takes off the map is its reach
        assert str(width) in line.rpartition(": ")[2]


def test_the_second_step_reads_the_first_ones_result() -> None:
    x = torch.tensor(IN_READING_ORDER, dtype=torch.float64)[None, None]
    weight = WorkedExample().pointwise[0]
    z = conv2d(conv2d(x, x), torch.full((1, 1, 1, 1), weight, dtype=torch.float64)).item()
    assert f"{weight:g} · {conv2d(x, x).item():g} = {z:g}" in truth("multiplies by the input again")


def test_separable_is_not_k_squared_times_cheaper() -> None:
    line = truth("times cheaper")
    for channels in (8, 64, 512):
        pair = 9 * channels + channels**2
        assert f"{9 * channels**2 / pair:.1f} times with {channels}" in line
        assert 9 * channels**2 / pair < 9


def test_a_dilated_kernel_reads_no_more_cells() -> None:
    x = torch.zeros(1, 1, 5, 5, requires_grad=True)
    conv2d(x, torch.ones(1, 1, 3, 3), dilation=2).sum().backward()
    assert f"reaches over 5 x 5 cells but reads only {int((x.grad != 0).sum())} of these {x.numel()}" in truth(
        "larger kernel"
    )


def test_a_separable_pair_as_one_convolution_has_one_pattern_for_each_input_channel() -> None:
    depthwise, pointwise = torch.randn(4, 1, 3, 3), torch.randn(6, 4, 1, 1)
    whole = pointwise * depthwise[:, 0]  # (C_out, C_in, K, K)
    x = torch.randn(1, 4, 9, 9)
    torch.testing.assert_close(
        conv2d(x, whole, padding=1), depthwise_separable_conv2d(x, depthwise, pointwise), rtol=1e-4, atol=1e-4
    )
    assert [int(torch.linalg.matrix_rank(whole[:, c].flatten(1))) for c in range(4)] == [1, 1, 1, 1]
    line = truth("another way to compute")
    assert f"{64 * 9 + 64 * 64:,} numbers cannot represent every choice of {64 * 64 * 9:,}" in line


def test_doubling_dilations_leave_holes_unless_they_begin_with_1() -> None:
    line = truth("double from layer to layer")
    assert f"2, 4, 8 read {len(offsets((2, 4, 8)))} of the 29 columns" in line
    assert f"1, 2, 4 read all {len(offsets((1, 2, 4)))}" in line


def test_every_line_of_the_box_has_its_test() -> None:
    parts = (r"C_{in} \cdot C_{out}", "larger dilation", "by the input again", "times cheaper", "larger kernel")
    parts += ("another way to compute", "double from layer to layer")
    assert len(parts) == len(MISCONCEPTIONS)
    assert all(truth(part) for part in parts)


# Advice -------------------------------------------------------------------------------------------------------------


def test_the_share_of_taps_in_the_padding_is_what_ones_convolved_with_ones_lack() -> None:
    for dilation in (1, 3, 7, 14):
        read = conv2d(torch.ones(1, 1, 14, 14), torch.ones(1, 1, 3, 3), padding=dilation, dilation=dilation)
        assert share_outside(14, 3, dilation) == pytest.approx(1 - read.mean().item() / 9)


def test_kernel_advice_counts_as_modules_do() -> None:
    line = advice.kernel_advice()
    for kernel in (3, 5, 7):
        depthwise = nn.Conv2d(64, 64, kernel, groups=64, bias=False).weight.numel()
        assert f"{100 * depthwise / (depthwise + 64 * 64):.0f} % at {kernel} x {kernel}" in line


def test_advice_leaves_out_what_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "scores_of", lambda name: Scores((), (), ()))
    monkeypatch.setattr(advice, "checkpoint_names", lambda: [])
    said = advice.advice()
    assert "Measured" not in said
    assert "Separable or not" not in said
    assert "The networks on the left" not in said


def test_advice_gives_the_studys_figures_and_says_when_they_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    test = {"dilated": (0.9921, 0.9925, 0.9923), "undilated": (0.9920, 0.9926, 0.9924)}
    people = {"dilated": (0.961, 0.962, 0.963), "undilated": (0.951, 0.952, 0.953)}
    monkeypatch.setattr(
        advice,
        "scores_of",
        lambda name: Scores((0, 1, 2), test[name.split("-")[-1]], people[name.split("-")[-1]]),
    )
    line = advice.dilation_advice()
    assert "without dilation it reads 99.23 ± 0.03 % (3 seeds) of MNIST's test images correctly" in line
    assert "with dilation 99.23 ± 0.02 % (3 seeds)" in line
    assert "which may be chance (within 2 standard errors)" in line
    assert "1.00 points more, which exceeds 2 standard errors" in line


def test_a_verdict_needs_more_than_one_seed() -> None:
    assert verdict((0.95,), (0.94,)) == "1.00 points more, with too few seeds to be sure"
    assert verdict((0.93, 0.93), (0.94, 0.94)) == "1.00 points less, which exceeds 2 standard errors"
