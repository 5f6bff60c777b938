"""Whatever is sent, the answer is one sentence or what was asked for: never a fault of the program, never a traceback.

With a fixed seed and few examples. `DIGITSCOPE_FUZZ=500 python -m pytest tests/ui/test_fuzz.py` tries as many of every
function, others every time.
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model import load_checkpoint, save_checkpoint
from model.checkpoint import CheckpointError, read_network
from model.drawing.samples import SampleError
from model.network import DigitNet, NetworkConfig, StageConfig
from ui.api.endpoints import Endpoints
from ui.background.jobs import Jobs
from ui.background.processes import Processes
from ui.kept.networks import Networks
from ui.page import build_page
from ui.serving.faults import FAULT
from ui.teach.network_files import load_network_file
from ui.teach.sample_box import open_samples

EXAMPLES = int(os.environ.get("DIGITSCOPE_FUZZ", "12"))
bounded = settings(
    max_examples=EXAMPLES,
    derandomize="DIGITSCOPE_FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

DRAWING = [[[0.3, 0.2, 0], [0.6, 0.3, 10], [0.5, 0.8, 20]]]
SAMPLES = [{"label": "7", "drawing": DRAWING}]
DESIGN = {"stem_channels": 4, "stem_kernel": 5, "stem_stride": 2, "separable": True,
          "stages": [{"channels": 4, "kernel": 3, "dilation": 1, "stride": 1, "shares": None}]}  # fmt: skip
FIELDS = {
    "sequence": 1,
    "drawing": DRAWING,
    "network": "NETWORK",
    "parts": {"layers": {"maps": {"stem": [0]}, "cell": {"layer": "stem", "y": 1, "x": 1, "channel": 0}}},
    "design": DESIGN,
    "stage": 0,
    "epochs": 0,  # none that is trained
    "samples": [],  # none that is taught
    "settings": {"steps": 5},
    "drawings": [DRAWING],
    "name": "seven",
    "known": ["1"],
    "job": "0" * 32,
    "training": "0" * 32,
    "since": 0,
    "clock": "12:00:00",
    "data": "AAAA",
    "form": "none",
    "layer": "stem",
    "channel": 0,
    "source": [[1, 2, 3]] * 3,
    "kernel": [[1, 2], [3, 4]],
    "pointwise": 2,
    "padding": 0,
    "dilation": 1,
    "counted": "test",
    "label": 3,
    "answer": 5,
}
WHOLE = [FIELDS, "NETWORK", DRAWING, [1, 2, 4], json.dumps({"format": 1, "samples": SAMPLES}), "mine-" + "0" * 32]

NUMBERS = [10**400, 2**70, -(2**63), 2**53 + 1, 1e308, -0.0, math.nan, math.inf]
TEXTS = ["\ud800", "\u202e", "../../etc/passwd", "a\u0301" * 500, "<img src=x onerror=alert(1)>", "[" * 3000]
EMPTY = [[], {}, [[]], [[[]]], [None], {"": None}]
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 30),
    st.sampled_from([*NUMBERS, *TEXTS, *EMPTY]),
    st.floats(),
    st.text(max_size=8),
)
names = st.sampled_from([*FIELDS])
anything = st.recursive(
    odd,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=5)),
    max_leaves=12,
)


@st.composite
def requests(draw: st.DrawFn) -> Any:
    """Anything, or something that is almost right: one place of it is another."""
    if draw(st.integers(0, 3)) == 0:
        return draw(anything)
    request = json.loads(json.dumps(draw(st.sampled_from(WHOLE))))
    return _changed(draw, request, draw(st.integers(0, 4)))


def _changed(draw: st.DrawFn, value: Any, depth: int) -> Any:
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return draw(odd)
    key = draw(st.sampled_from([*value])) if isinstance(value, dict) else draw(st.integers(0, len(value) - 1))
    value[key] = _changed(draw, value[key], depth - 1)
    return value


@pytest.fixture(scope="module")
def shipped(small_net: DigitNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_checkpoint(small_net, tmp_path_factory.mktemp("fuzz") / "shipped.safetensors")


@pytest.fixture(scope="module")
def page(shipped: Path) -> gr.Blocks:
    return build_page(str(shipped), shipped.parent / "nowhere", shipped.parent / "state")


def functions_of(page: gr.Blocks) -> dict[str, Callable[[Any], Any]]:
    """What pages may call, by view and name."""
    return {
        f"{block.elem_id}.{name}": getattr(block, name)
        for block in page.blocks.values()
        for name in dir(block)
        if getattr(getattr(block, name, None), "_is_server_fn", False)
    }


def test_no_server_function_fails_by_itself(page: gr.Blocks, shipped: Path) -> None:
    functions = functions_of(page)
    del functions["compare.start_timing"]  # which measures for half a minute, whatever it is asked
    assert len(functions) > 20
    for name, function in functions.items():
        try_out(name, function, shipped)
    own = {shipped.name, "state", "nowhere"}  # the last one is where visitors have MNIST fetched to
    assert {path.name for path in shipped.parent.iterdir()} <= own


def try_out(name: str, function: Callable[[Any], Any], shipped: Path) -> None:
    """Ask a function all sorts of things."""

    @bounded
    @given(requests())
    def ask(request: Any) -> None:
        request = json.loads(json.dumps(request).replace('"NETWORK"', json.dumps(str(shipped))))
        answer = function(request)
        orjson.dumps(answer)  # as it is sent
        error = answer.get("error") if isinstance(answer, dict) else None
        assert error != FAULT, name
        assert not isinstance(error, str) or "\n" not in error, name

    ask()


@contextmanager
def sentence() -> Iterator[list[str]]:
    """What a refusal says, if it comes to one."""
    said: list[str] = []
    try:
        yield said
    except (gr.Error, CheckpointError) as error:
        said.append(str(getattr(error, "message", error)))


ENDPOINTS = {
    "predict": ("drawing", "network"),
    "layers": ("drawing", "network", "names"),
    "receptive_field": ("drawing", "layer", "y", "x", "channel", "network"),
    "fine_tune": ("samples", "network", "settings"),
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_endpoint_fails_by_itself(name: str, shipped: Path) -> None:
    networks = Networks([str(shipped)], shipped.parent / "state")
    endpoints = Endpoints(networks, Jobs(), Processes(), str(shipped), shipped.parent / "nowhere")

    @bounded
    @given(st.fixed_dictionaries({field: requests() | st.just(json.dumps(DRAWING)) for field in ENDPOINTS[name]}))
    def ask(arguments: dict[str, Any]) -> None:
        if name == "fine_tune":
            arguments["samples"] = json.dumps(arguments["samples"])[:-1]  # none that is taught
        with sentence() as said:
            answer = getattr(endpoints, name)(**arguments)
            orjson.dumps(list(answer) if name == "fine_tune" else answer)
        assert FAULT not in said

    ask()


def test_no_file_is_more_than_a_file(shipped: Path) -> None:
    whole = shipped.read_bytes()

    @bounded
    @given(
        st.one_of(
            st.binary(max_size=200),
            st.binary(max_size=40).map(lambda more: b"PK\x03\x04" + more),
            st.integers(0, 2**64 - 1).map(lambda size: size.to_bytes(8, "little") + whole[8:]),
            st.tuples(st.integers(0, len(whole) - 1), st.binary(max_size=9)).map(
                lambda at: whole[: at[0]] + at[1] + whole[at[0] :]
            ),
        )
    )
    def read(content: bytes) -> None:
        with sentence() as said:
            assert read_network("The file", content).config == load_checkpoint(shipped).config
        assert "\n" not in "".join(said)

    read()


def with_header(header: dict[str, Any] | bytes, length: int | None = None, more: bytes = b"") -> bytes:
    """A file of safetensors with any header, of any length that it says to have."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + more


def headers_of(config: Any) -> dict[str, Any]:
    return {"__metadata__": {"digitscope": json.dumps({"format": 1, "config": config})}}


SIZES = st.sampled_from([-1, 0, 1, 3, 15, 32, 1024, 2**31, 2**63, 10**30])
tensors = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F64", "I64", "BOOL", "X"]),
        "shape": st.lists(SIZES, max_size=4),
        "data_offsets": st.lists(SIZES, max_size=3),
    }
)
uploads = st.one_of(
    st.binary(max_size=60).map(lambda more: b"PK\x03\x04" + more),  # a renamed zip
    st.tuples(st.binary(max_size=40), st.integers(0, 2**64 - 1)).map(lambda at: with_header(*at)),
    st.dictionaries(st.text(max_size=4), tensors, max_size=3).map(with_header),
    st.tuples(names, odd).map(
        lambda change: with_header(headers_of({**DESIGN, "classes": ["a"], change[0]: change[1]}))
    ),
    st.tuples(SIZES, SIZES, SIZES).map(
        lambda sizes: with_header(
            headers_of(
                {
                    **DESIGN,
                    "classes": ["a", "b"],
                    "stem_channels": sizes[0],
                    "stages": [{"channels": sizes[1], "kernel": 15, "dilation": 14, "stride": 1, "shares": None}]
                    * min(abs(sizes[2]), 40),
                }
            )
        )
    ),
)


def test_no_upload_is_more_than_a_network_or_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that it asks for is made before it is known to fit what the file has."""
    monkeypatch.setattr("model.checkpoint._answers", lambda _net: pytest.fail("it was built"))

    @bounded
    @given(uploads)
    def read(content: bytes) -> None:
        with pytest.raises(ValueError, match=r"\.\Z") as refused:
            load_network_file(content)
        assert "\n" not in str(refused.value)

    read()


samples_files = st.one_of(
    st.text(max_size=40),
    anything.map(json.dumps),
    st.tuples(odd, anything).map(lambda at: json.dumps({"format": at[0], "samples": at[1]})),
    requests().map(lambda sample: json.dumps({"format": 1, "samples": [sample, *SAMPLES]})),
)


def test_no_file_of_samples_is_more_than_samples_or_one_sentence() -> None:
    @bounded
    @given(samples_files)
    def read(text: str) -> None:
        try:
            told = open_samples(text)
        except SampleError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            orjson.dumps(told)

    read()


def test_a_name_of_a_file_is_never_looked_for(page: gr.Blocks, shipped: Path) -> None:
    functions = functions_of(page)
    for name in ("/etc/passwd", "../shipped", "mine-../../../etc/passwd", str(shipped.parent / "other.safetensors")):
        for function in ("layers.describe_structure", "engine.network_file", "teach.network_file"):
            assert "error" in functions[function](name)
        read = functions["canvas.read"]({"sequence": 1, "drawing": DRAWING, "network": name})
        assert "There is no network of that name" in read["error"]


def test_an_uploaded_pickle_is_not_read() -> None:
    with pytest.raises(CheckpointError, match="damaged or not a Digitscope checkpoint"):
        load_network_file(b"cos\nsystem\n(S'true'\ntR.")


def test_what_an_uploaded_file_asks_for_is_priced_before_it_is_made(
    small_net: DigitNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = NetworkConfig(1024, stages=(StageConfig(1024, 15, 14),) * 32, separable=False)
    monkeypatch.setattr(small_net, "config", huge)
    content = save_checkpoint(small_net, tmp_path / "huge.safetensors").read_bytes()
    monkeypatch.setattr("model.checkpoint.DigitNet", lambda _config: pytest.fail("it is made"))
    with pytest.raises(ValueError, match="parameters; at most"):
        load_network_file(content)
