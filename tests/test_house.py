"""The house: who may import whom, and how long a file may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 300

# Inside model/, from the ground up: a module or a room imports what stands before it, and its own room without circles.
FLOORS = (
    "command",
    "checks",
    "json_text",
    "depthwise",
    "stages",
    "network",
    "layers",
    "familiarity",
    "drawing",
    "checkpoint",
    "forward_pass",
    "inference",
    "data",
    "metrics",
    "fields",
    "explain",
    "cost",
    "onnx",
    "export",
    "study",
    "evaluation",
    "training",
    "line",
    "generation",
    "teaching",
    "finetune",
    "evaluate",
    "train",
    "design",
)


def modules() -> dict[str, Path]:
    """The app's modules by their dotted names."""
    files = [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "model").rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imports_of(file: Path) -> Iterator[str]:
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def arrows() -> list[tuple[str, str]]:
    """(importing, imported) of the app's own modules; packages themselves, which only pass on, are left out."""
    known = modules()
    packages = {name for name, file in known.items() if file.name == "__init__.py"}
    return [
        (name, imported)
        for name, file in known.items()
        for imported in imports_of(file)
        if imported in known.keys() - packages and name not in packages
    ]


def test_the_app_imports_the_views_and_the_views_the_model_never_the_other_way() -> None:
    order = ("model", "ui", "app")
    up = [arrow for arrow in arrows() if order.index(arrow[0].split(".")[0]) < order.index(arrow[1].split(".")[0])]
    assert up == []


def test_inside_the_model_imports_run_downwards() -> None:
    inside = [arrow for arrow in arrows() if arrow[0].startswith("model.")]
    floors = [(arrow, *(FLOORS.index(name.split(".")[1]) for name in arrow)) for arrow in inside]
    assert [arrow for arrow, upper, lower in floors if upper < lower] == []


def test_no_module_imports_itself_round_a_corner() -> None:
    reads: dict[str, set[str]] = {}
    for name, imported in arrows():
        reads.setdefault(name, set()).add(imported)

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"a circle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for imported in sorted(reads.get(name, ())):
                visit(imported, (*path, name))
            done.add(name)

    done: set[str] = set()
    for name in reads:
        visit(name, ())


def test_the_model_is_a_library_without_a_user_interface() -> None:
    guilty = {name for name, file in modules().items() for module in imports_of(file) if module.startswith("gradio")}
    assert not [name for name in guilty if name.startswith("model")]


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "deploy.md", "checkpoints/README.md"]
)
def test_the_files_that_a_page_names_exist(page: str) -> None:
    """Except those with a NAME for the reader to fill in, and what downloads and exports make."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:model|ui|assets|tests|checkpoints|deploy)/[\w./-]+)", text)
    missing = [path for path in named if "NAME" not in path and not (ROOT / path.removesuffix(".")).exists()]
    assert missing == []


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_module_is_longer_than_one_reads_in_a_sitting(name: str) -> None:
    file = modules()[name]
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
