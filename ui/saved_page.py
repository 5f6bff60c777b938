"""One HTML file with the engine, a network and a drawing: it works from disk, without a server or a network connection.

The scripts and the styles are the page's own, the network is read by assets/engine/; see assets/saved/. A policy in the
file forbids requests of any kind.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from model import complexity
from model.checkpoint import METADATA_KEY
from model.drawing.strokes import check_drawing
from ui.canvas import as_text, canvas_drawings
from ui.engine import network_file
from ui.kept.networks import Networks
from ui.layers import describe_structure
from ui.scripts import IMPORT, place_of, with_imports
from ui.serving.view import ASSETS, template

MOST_OPERATIONS = 60_000_000  # multiply-accumulates, as BUDGET of assets/engine/network.js
STYLES = ("tokens", "frame", "controls", "canvas", "reading", "layers")
STYLESHEETS = [*(ASSETS / "style" / f"{name}.css" for name in STYLES), ASSETS / "saved" / "saved.css"]
FIRST = ASSETS / "saved" / "saved.js"
OTHERS = [
    ASSETS / "engine" / "parts" / f"{name}.js" for name in ("lessons", "compare", "steps")
]  # for views that it lacks
CHINESE, OVERLAY = (ASSETS / "language" / name for name in ("zh.json", "overlay.js"))
# What of the table it can show.
SHOWN = ["saved page", "canvas", "reading", "names of layers", "layers", "cell", "styles of writing", "drawings"]
INDENT = re.compile(r"^\s+", re.MULTILINE)
COMMENT = re.compile(r"^[ ]*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)  # on lines of their own


def saved_page(networks: Networks, name: object, drawing: object, language: object = "en") -> bytes:
    """A self-contained page that reads with a network in any browser.

    Args:
        networks: the networks that may be named.
        name: of the network.
        drawing: what is on the sheet; an empty list for a blank one.
        language: "zh" for a page in Chinese; anything else is English.

    Raises:
        ValueError: there is no such network, it is too costly for a browser, or the drawing is not valid.
    """
    strokes = [] if drawing == [] else [stroke.tolist() for stroke in check_drawing(drawing)]
    title, operations = networks.title(name), complexity(networks.load(name)).multiply_accumulates
    if operations > MOST_OPERATIONS:
        raise ValueError(
            f"This network takes {operations:,} multiply-accumulates per drawing; "
            f"a saved page computes up to {MOST_OPERATIONS:,} by itself."
        )
    chinese = _chinese() if language == "zh" else None
    told, structure, drawings = network_file(networks, name), describe_structure(networks, name), canvas_drawings()
    content = {
        "network": title,  # its key, if it has one, is left out
        "check": told["check"],
        "structure": {**structure, "layers": [_without_weights(layer) for layer in structure["layers"]]},
        "drawing": strokes,
        "chinese": chinese,
        "canvas": {"drawings": as_text({**drawings, "examples": drawings["examples"][:1]})},
        "kernels": base64.b64encode((ASSETS / "engine" / "kernels.wasm").read_bytes()).decode("ascii"),
        "scripts": _scripts(FIRST, without=OTHERS if chinese else [*OTHERS, OVERLAY]),
        "style": "".join(path.read_text(encoding="utf-8") for path in STYLESHEETS),
    }
    return _page(title, content, _without_history(base64.b64decode(told["file"]))).encode()


def _chinese() -> dict[str, dict[str, str]]:
    table = json.loads(CHINESE.read_text(encoding="utf-8"))
    return {name: table[name] for name in SHOWN}


def _page(title: str, content: dict[str, Any], weights: bytes) -> str:
    unpack = (ASSETS / "saved" / "unpack.js").read_text(encoding="utf-8")
    parts = {
        "POLICY": f"sha256-{base64.b64encode(hashlib.sha256(unpack.encode()).digest()).decode('ascii')}",
        "TITLE": html.escape(title),
        "CANVAS": template("canvas/canvas.html"),
        "READING": template("reading/reading.html"),
        "LAYERS": template("layers/layers.html"),
        "CONTENT": _packed(json.dumps(content, separators=(",", ":")).encode()),
        "WEIGHTS": _packed(_by_planes(weights)),
        "UNPACK": unpack,
    }
    return re.sub("|".join(parts), lambda found: parts[found[0]], template("saved/saved.html"))


def _without_weights(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer's description that says only whether it has weights of its own to show: the file has them already."""
    return {**layer, "weights": "weights" in layer}


def _packed(content: bytes) -> str:
    return base64.b85encode(gzip.compress(content, 9, mtime=0)).decode("ascii")  # in which no "</script" can stand


def _without_history(file: bytes) -> bytes:
    """A network's file that says of itself only what it takes to read with it: its figures are read by nobody here."""
    start = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:start])
    said = json.loads(header["__metadata__"][METADATA_KEY])
    header["__metadata__"] = {METADATA_KEY: json.dumps({name: said[name] for name in ("format", "config")})}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # what follows stays aligned
    return len(text).to_bytes(8, "little") + text + file[start:]


def _by_planes(numbers: bytes) -> bytes:
    """All first bytes of numbers of four bytes, then all second ones, and so on: they pack better."""
    whole = numbers + bytes(-len(numbers) % 4)
    return np.frombuffer(whole, np.uint8).reshape(-1, 4).T.tobytes()


def _scripts(first: Path, without: list[Path]) -> list[list[str]]:
    """[place, text] of a script and of all it imports, as "/page/state.js", without comments and indents."""

    def packed(script: Path, text: str) -> str:
        def place(module: str) -> str:
            return place_of((script.parent / module).resolve())

        return IMPORT.sub(lambda each: f'{each[1]}"/{place(each[2])}"', INDENT.sub("", COMMENT.sub("", text)))

    found = with_imports([first], later=True, without=without)
    return [[f"/{place_of(path)}", packed(path, text)] for path, text in found.items()]
