"""The scripts of assets/ keep to their rooms: imports run downwards without a circle, and no file is too long."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

ASSETS = ROOT / "assets"
SCRIPTS = sorted(ASSETS.rglob("*.js"))
LONGEST = 300  # lines
SHARED = ["page", "language", "controls", "kept", "paint"]  # rooms that every view may import from
# Rooms that a room may import from; every other room may import from those that are shared alone.
BELOW = {
    "page": [],
    "language": ["page"],
    "controls": ["page", "language"],
    "kept": ["page"],
    "paint": ["page", "language", "controls"],
    "saved": [*SHARED, "engine", "canvas", "reading", "layers"],
}
IMPORT = re.compile(r"""^\s*(?:import|export)\s+(?:([^"';]*?)\s+from\s+)?["']([^"']+)["']""", re.MULTILINE)
EXPORT = re.compile(r"^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)", re.MULTILINE)


def imports(script: Path) -> list[tuple[Path, list[str]]]:
    """The modules that a script imports, and what of each."""
    found = []
    for names, module in IMPORT.findall(script.read_text(encoding="utf-8")):
        assert module.startswith("."), f"{script}: {module} is not of this house"
        listed = re.sub(r"^.*\{|\}.*$", "", names, flags=re.DOTALL) if "{" in names else ""
        wanted = [name.split(" as ")[0].strip() for name in listed.split(",") if name.strip()]
        found.append(((script.parent / module).resolve(), wanted))
    return found


def exports(script: Path) -> set[str]:
    """What a script exports."""
    return set(EXPORT.findall(script.read_text(encoding="utf-8")))


def room(script: Path) -> str:
    """The folder of assets/ that a script lies in."""
    return script.relative_to(ASSETS).parts[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ASSETS)))
def test_imports_run_downwards_to_what_is_there(script: Path) -> None:
    allowed = {room(script), *BELOW.get(room(script), SHARED)}
    for module, names in imports(script):
        assert module in SCRIPTS, f"there is no {module}"
        assert room(module) in allowed, f"{room(script)}/ may import from {', '.join(sorted(allowed))} alone"
        missing = set(names) - exports(module)
        assert not missing, f"{module.name} does not export {', '.join(sorted(missing))}"


def test_no_script_imports_itself_by_way_of_others() -> None:
    graph = {script: [module for module, _ in imports(script)] for script in SCRIPTS}
    assert len(list(TopologicalSorter(graph).static_order())) == len(SCRIPTS)  # raises CycleError


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ASSETS)))
def test_no_script_is_too_long_to_read(script: Path) -> None:
    assert len(script.read_text(encoding="utf-8").splitlines()) <= LONGEST
