"""The Compare tab says what was measured: figures from the files, verdicts from the figures, answers from all four."""

import base64
from pathlib import Path

import numpy as np
import pytest

from model import checkpoint, effective_receptive_field, predict, tap_lattice
from model.checkpoint import default_name, save_checkpoint
from model.cost.complexity import complexity
from model.fields.mean_fields import compute_mean_fields, save_mean_fields
from model.forward_pass import ForwardPass
from model.network import DigitNet
from model.onnx.runtime import random_drawings
from model.study.claims import FAILS, HOLDS, UNCLEAR, effect, points, study_claims, timing_claims
from model.study.networks import STUDY, Scores, study_networks
from model.study.timing import Timing
from tests.conftest import settled
from tests.ui.conftest import Here, ended
from ui import compare, export
from ui.background.jobs import Jobs
from ui.kept.networks import Networks


@pytest.fixture(scope="module")
def nets() -> dict[str, DigitNet]:
    """The study's shapes, untrained; in eval mode, not to be changed."""
    return {name: settled(config) for name, config in STUDY.items()}


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nets: dict[str, DigitNet]) -> None:
    """A directory with the study's networks of two seeds and made-up accuracies, and with nothing kept of others."""
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    for seed in (0, 1):
        for index, (name, net) in enumerate(nets.items()):
            figures = {data: {"accuracy": 0.9 + index / 100 + seed / 1000} for data in ("test", "pendigits")}
            save_checkpoint(net, default_name(name, seed), preset=name, seed=seed, figures=figures)
    compare._study.cache_clear()
    compare._study_net.cache_clear()
    yield
    compare._study.cache_clear()
    compare._study_net.cache_clear()


def test_the_table_has_the_figures_of_the_files(nets: dict[str, DigitNet]) -> None:
    rows = {row["name"]: row for row in compare.describe_study()["networks"]}
    assert list(rows) == list(STUDY)
    for index, (name, net) in enumerate(nets.items()):
        cost = complexity(net)
        assert (rows[name]["parameters"], rows[name]["multiply_accumulates"]) == (
            cost.parameters,
            cost.multiply_accumulates,
        )
        assert rows[name]["test"]["mean"] == pytest.approx(90 + index + 0.05)
        assert rows[name]["test"]["deviation"] == pytest.approx(0.1 / np.sqrt(2))
        assert rows[name]["read"] == rows[name]["field"] ** 2, "no holes"
        assert rows[name]["size"] == checkpoint.checkpoint_path(name).stat().st_size
        assert rows[name]["inside"] is None, "not computed"


def test_the_influence_is_that_of_the_kept_mean_fields(nets: dict[str, DigitNet]) -> None:
    name = "study-separable-dilated"
    fields = compute_mean_fields(nets[name], random_drawings(3))
    save_mean_fields(nets[name], name, fields)
    assert study_networks()[name].inside == fields["stages.3"].box.size[0]


def test_without_the_study_the_page_says_how_to_make_it(tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"python -m model\.train --study"):
        compare.describe_study()
    assert compare.compare_part(None, random_drawings(1)[0], {"stage": 0, "y": 1, "x": 1}) == []


def test_a_difference_counts_beyond_two_standard_errors_only() -> None:
    assert effect([([0.99, 0.98], [0.97, 0.96])]).clear
    assert not effect([([0.99, 0.95], [0.97, 0.96])]).clear
    assert not effect([([0.99], [0.5])]).clear, "one seed says nothing of chance"
    assert effect([([0.8, 0.8], [0.7, 0.7]), ([0.9, 0.9], [0.7, 0.7])]).difference == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("separable", "dilated", "verdicts"),
    [
        (-0.01, 0.0, (FAILS, UNCLEAR)),
        (0.01, 0.01, (HOLDS, HOLDS)),
        (0.0, -0.01, (HOLDS, FAILS)),
    ],
)
def test_the_verdicts_follow_the_accuracies(separable: float, dilated: float, verdicts: tuple[str, str]) -> None:
    networks = {}
    for name, network in study_networks().items():
        level = 0.9 + separable * network.separable + dilated * network.dilated
        seeds = tuple(level + wobble for wobble in (-1e-4, 0, 1e-4))
        networks[name] = network._replace(scores=Scores((0, 1, 2), seeds, seeds))
    weights, reads_as_well, same_price, reads_better = study_claims(networks)
    assert (weights.verdict, same_price.verdict) == (HOLDS, HOLDS)
    assert "21,826 parameters become 4,450" in weights.found
    assert "21 x 21 pixels become 33 x 33" in same_price.found
    assert (reads_as_well.verdict, reads_better.verdict) == verdicts


def test_each_pair_is_also_told_alone() -> None:
    networks = {}
    for name, network in study_networks().items():
        level = 0.9 + 0.02 * (network.dilated and network.separable)
        seeds = tuple(level + wobble for wobble in (-1e-4, 0, 1e-4))
        networks[name] = network._replace(scores=Scores((0, 1, 2), seeds, seeds))
    found = study_claims(networks)[3].found
    assert "1.00 points more (in the separable pair, 2.00 points more; in the standard pair, 0.00 points less" in found


def test_a_difference_is_that_of_the_figures_beside_it() -> None:
    assert points(0.980949, 0.972751) == "0.81 points more", "98.09 and 97.28"
    assert points(0.9, 0.91) == "1.00 points less"


def times(**microseconds: float) -> dict[str, list[Timing]]:
    return {
        name: [
            Timing("PyTorch", 1, microseconds["separable" if "separable" in name else "standard"], 9),
            Timing("ONNX Runtime", 1, microseconds["dilated" if "undilated" not in name else "undilated"], 9),
        ]
        for name in STUDY
    }


def test_less_arithmetic_is_not_called_quicker_where_it_is_not() -> None:
    networks = study_networks()
    arithmetic, dilation = timing_claims(networks, times(separable=300, standard=200, dilated=100, undilated=100))
    assert arithmetic.verdict == FAILS
    assert "1.50 times (in PyTorch with 1 image)" in arithmetic.found
    assert dilation.verdict == HOLDS
    arithmetic, dilation = timing_claims(networks, times(separable=20, standard=200, dilated=150, undilated=100))
    assert "PyTorch" not in arithmetic.verdict
    assert dilation.verdict == f"{HOLDS}, but not for ONNX Runtime with 1 image"


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8)


def test_each_of_the_four_answers_for_itself(nets: dict[str, DigitNet]) -> None:
    image, cell = random_drawings(1)[0], (3, 9)
    parts = compare.compare_part(None, image, {"stage": 2, "y": cell[0], "x": cell[1]})
    assert [part["name"] for part in parts] == list(STUDY)
    for part in parts:
        net = nets[part["name"]]
        assert part["classes"] == net.classes, "the network that is chosen may have other classes"
        assert np.allclose(part["probabilities"], predict(net, image[None])[0], atol=1e-4)
        lattice = tap_lattice(net, "stages.2", cell)
        assert np.array_equal(unpacked(part["lattice"]) > 0, (lattice > 0).ravel())
        influence = effective_receptive_field(net, "stages.2", cell, image)
        assert np.array_equal(unpacked(part["effective"]) > 0, (influence > 0).ravel())
        assert len(unpacked(part["map"])) == np.prod(part["size"])
    sizes = [part["field"][2] - part["field"][0] for part in parts]
    assert sizes == [29, 17, 29, 17]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"stage": 0, "y": 1},
        {"stage": "0", "y": 1, "x": 1},
        {"stage": True, "y": 1, "x": 1},
        {"stage": -1, "y": 1, "x": 1},
        {"stage": 9, "y": 1, "x": 1},
        {"stage": 0, "y": 14, "x": 1},
        {"stage": 10**30, "y": 0, "x": 0},
    ],
)
def test_what_names_no_cell_is_one_sentence(parameters: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        compare.compare_part(None, random_drawings(1)[0], parameters)


def test_each_network_reads_the_drawing_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """At every movement of the pen: twice would be twice the time."""
    passes = []
    begin = ForwardPass.__init__

    def counted(self: ForwardPass, net: DigitNet, images: np.ndarray, filters: None) -> None:
        passes.append(net)
        begin(self, net, images, filters)

    monkeypatch.setattr(ForwardPass, "__init__", counted)
    compare.compare_part(None, random_drawings(1)[0], {"stage": 1, "y": 3, "x": 4})
    assert len(passes) == len(set(passes)) == len(STUDY)


def test_the_button_measures_all_four_in_both_runtimes(jobs: Jobs, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BATCHES", (1,))
    monkeypatch.setattr(compare, "SECONDS", 0)
    answer = ended(jobs, compare.start_timing(jobs, here, None)["job"])
    assert answer["state"] == "done", answer
    assert [(news["network"], news["runtime"]) for news in answer["news"]] == [
        (name, runtime) for runtime in ("PyTorch", "ONNX Runtime") for name in STUDY
    ]
    assert len(answer["outcome"]["claims"]) == 2
    assert answer["outcome"]["counted"].startswith("PyTorch counted the multiply-accumulates of the table")


@pytest.fixture
def study(tmp_path: Path) -> Networks:
    """The networks of the study, as if they were to choose on the page."""
    return Networks(STUDY, tmp_path / "state")


@pytest.mark.parametrize("form", export.FORMS)
def test_each_form_of_export_comes_back_as_a_file(study: Networks, jobs: Jobs, here: Here, form: str) -> None:
    job = export.start_export(study, jobs, here, "nowhere", {"network": "study-separable-dilated", "form": form})["job"]
    outcome = ended(jobs, job)["outcome"]
    content = base64.b64decode(outcome["content"])
    assert outcome["file"] == f"digitscope-study-separable-dilated{export.FORMS[form]}"
    assert f"{len(content):,} bytes" in outcome["sentence"]
    assert ("example drawings" in outcome["sentence"]) == (form == "int8")
    if form == "safetensors":
        assert content == checkpoint.checkpoint_path("study-separable-dilated").read_bytes()


@pytest.mark.parametrize(
    "request_",
    [
        None,
        [],
        {},
        {"network": "study-separable-dilated", "form": "exe"},
        {"network": "study-separable-dilated", "form": ["onnx"]},
        {"network": "../x", "form": "onnx"},
        {"network": None, "form": "int8"},
    ],
)
def test_what_cannot_be_exported_is_said_at_once(study: Networks, jobs: Jobs, here: Here, request_: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        export.start_export(study, jobs, here, "nowhere", request_)
