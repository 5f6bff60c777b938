"""What is too dear is refused or shortened before the work, known from a configuration alone."""

from contextlib import suppress

import numpy as np
import pytest

from model.cost.budget import (
    EXPLANATION,
    MEAN_FIELDS,
    check_explanation,
    drawings_for_mean_fields,
    mean_fields_work,
    work_of,
)
from model.design.configuration import (
    MAX_MULTIPLY_ACCUMULATES,
    MAX_PARAMETERS,
    MAX_VALUES,
    check_size,
    read_design,
    write_design,
)
from model.drawing.samples import SampleError, check_class, check_name
from model.drawing.variants import MOST_POINTS, _thinned
from model.fields.gridding import columns_in_field, field_width, windows_of
from model.fields.layer_fields import FieldError, layer_chain
from model.fields.tap_lattice import count_paths, open_lattice
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from ui.compare import describe_study
from ui.design.tab import assess_design
from ui.network.tab import layer_rows

HUGE = NetworkConfig(4, stem_stride=1, stages=(StageConfig(4, 15, 14, 4),) * 20)  # its field has 10^13 columns
SIX_STRIDES = NetworkConfig(4, stem_stride=4, stages=(StageConfig(4, 15, 14, 4),) * 5)
DEEP = NetworkConfig(8, stem_stride=2, stages=(StageConfig(8, 5, 7),) * 32)


def test_a_design_whose_field_is_huge_is_assessed_all_the_same() -> None:
    assessed = assess_design({"design": write_design(HUGE), "stage": 3})
    assert "too wide to look for gaps" in assessed["gridding"]
    assert assessed["layers"][-1]["size"] == field_width(windows_of(HUGE)) > 10**13
    assert all(assessed["advice"].values())


def test_the_table_of_a_network_of_large_strides_leaves_out_what_cannot_be_counted() -> None:
    rows = layer_rows(DigitNet(SIX_STRIDES).eval(), {})
    assert rows[0]["pixels_read"] == rows[0]["pixels_in_field"] == 25
    assert rows[-2]["pixels_read"] is None
    assert rows[-2]["pixels_in_field"] == rows[-2]["field"] ** 2 > 10**10
    with pytest.raises(FieldError, match="too wide"):
        columns_in_field(windows_of(SIX_STRIDES))


def test_the_width_of_a_field_is_known_without_going_through_it() -> None:
    for config in (*PRESETS.values(), DEEP):
        assert field_width(windows_of(config)) == columns_in_field(windows_of(config)).size


@pytest.mark.parametrize("config", [PRESETS["base"], PRESETS["tiny"], DEEP])
def test_lattices_that_are_not_exact_say_the_same(config: NetworkConfig) -> None:
    chain = layer_chain(config, f"stages.{min(3, len(config.stages) - 1)}")
    exact = count_paths(chain, (3, 3), (28, 28))
    assert np.array_equal(exact.astype(float), count_paths(chain, (3, 3), (28, 28), exact=False))
    assert np.array_equal(open_lattice(chain, (28, 28)) > 0, open_lattice(chain, (28, 28), counted=False))


def test_whatever_may_be_trained_or_uploaded_has_a_price_that_can_be_paid() -> None:
    """No network that `check_size` lets pass makes an analysis cost more than its budget by more than one drawing."""
    for config in (DEEP, *PRESETS.values()):
        check_size(config)
        assert work_of(config) < 2 * MAX_MULTIPLY_ACCUMULATES + 30 * MAX_VALUES
        count = drawings_for_mean_fields(config, 50)
        assert 1 <= count <= 50
        assert count == 1 or count * mean_fields_work(config) <= MEAN_FIELDS
    assert drawings_for_mean_fields(PRESETS["base"], 50) == 50
    assert drawings_for_mean_fields(DEEP, 50) < 50


def test_a_network_that_is_too_large_is_not_explained() -> None:
    check_explanation(PRESETS["large"], 784)
    with pytest.raises(ValueError, match="too large to read"):
        check_explanation(PRESETS["large"], EXPLANATION // work_of(PRESETS["large"]) + 1)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (NetworkConfig(1024, stages=(StageConfig(1024),) * 3), f"{MAX_PARAMETERS:,} are allowed"),
        (NetworkConfig(200, stem_stride=1, stages=(StageConfig(200, shares=None), *(StageConfig(200, shares=0),) * 5)),
         f"{MAX_MULTIPLY_ACCUMULATES:,} are allowed"),
        (NetworkConfig(16, stem_stride=1, stages=(StageConfig(16),) * 32), f"{MAX_VALUES:,} are allowed"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused_by_its_shape(config: NetworkConfig, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_size(config)
    assert read_design(write_design(config)) == config


def test_a_long_name_is_refused_before_it_is_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    normalized: list[int] = []
    monkeypatch.setattr("unicodedata.normalize", lambda _form, text: normalized.append(len(text)) or text)
    name = "a" + "\u0301\u0327" * 128 * 1024
    for check in (check_name, check_class):
        with pytest.raises(SampleError, match="at most 24 characters"):
            check(name)
    assert normalized == []


def test_names_of_many_accents_are_still_put_together() -> None:
    assert check_name("a\u0301" * 24) == "\u00e1" * 24


def test_drawings_of_very_many_points_are_varied_by_fewer() -> None:
    strokes = [np.random.default_rng(0).random((20_000, 2)), np.random.default_rng(1).random((3, 2))]
    thinned = _thinned(strokes)
    assert sum(map(len, thinned)) <= MOST_POINTS + 2 * len(strokes)
    assert all(np.array_equal(one[-1], other[-1]) for one, other in zip(strokes, thinned, strict=True))
    short = [strokes[0][:MOST_POINTS]]
    assert _thinned(short) is short


@pytest.mark.parametrize("request_", [[], {}, None, [[[]]], "x"])
def test_the_study_is_told_whatever_comes_with_the_question(request_: object) -> None:
    with suppress(ValueError):  # where none of its networks is there
        assert describe_study(request_)["networks"]
