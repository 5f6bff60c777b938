"""The scripts of assets/ with all that they import: for a browser to fetch ahead, and to be put into one file."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from ui.serving.view import ASSETS, ASSETS_URL

# What comes before the name of a module, and the name.
IMPORT = re.compile(r'(^\s*(?:import|export)\b[^"\'();]*?\bfrom\s+|^import\s+|\bimport\()"(\.[^"]+)"', re.MULTILINE)


def with_imports(scripts: Iterable[Path], later: bool = False, without: Collection[Path] = ()) -> dict[Path, str]:
    """The text of scripts and of all that they import, each after what it imports.

    Args:
        scripts: paths in assets/.
        later: also what they import when it is first needed.
        without: scripts to leave out, with what only they import.
    """
    found: dict[Path, str] = {}

    def visit(script: Path) -> None:
        text = script.read_text(encoding="utf-8")
        for how, module in IMPORT.findall(text):
            path = (script.parent / module).resolve()
            if path not in found and path not in without and (later or how != "import("):
                visit(path)
        found[script] = text

    for script in scripts:
        if script not in found:
            visit(script)
    return found


def place_of(script: Path) -> str:
    """A script's path in assets/, as "page/state.js"."""
    return script.relative_to(ASSETS).as_posix()


def preloads(scripts: Iterable[str]) -> str:
    """Markup by which a browser fetches scripts of assets/, and all that they import, while the page is put together.

    Args:
        scripts: paths in assets/.
    """
    places = map(place_of, with_imports(ASSETS / script for script in scripts))
    return "".join(f'<link rel="modulepreload" href="{ASSETS_URL}/{place}">' for place in places)
