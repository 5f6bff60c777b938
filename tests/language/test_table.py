"""The table of Chinese texts: no entry is a leftover, and both sides of one have the same places and elements."""

import ast
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.drawing.examples import load_examples, load_styles
from tests.conftest import ROOT

TABLE: dict[str, dict[str, str]] = json.loads((ROOT / "assets/language/zh.json").read_text(encoding="utf-8"))
ENTRIES = [(english, chinese) for room in TABLE.values() for english, chinese in room.items()]
PLACE = re.compile(r"\{([#=+*]?)(\w*)\}")
TAG = re.compile(r"</?[a-z]/?>")
GRADIO = {"Use via API", "Gradio footer navigation", "Stop Recording", "Download", "Copy"}  # what Gradio says


PIECES = re.compile(r"\{[^}]*\}|</?[a-z]/?>|\d+")  # what stands between the pieces of an entry
EDGE = "\n"  # where a text of the program ends, or something is filled in


def plain(text: str) -> str:
    """A text as markup, scripts and Python may all write it."""
    text = re.sub(r"[ \u00a0]+", " ", text.replace("\u2019", "'"))
    return re.sub(r"\s*\n\s*", EDGE, text)


def python_texts(file: Path) -> Iterator[str]:
    """The texts of a Python file, those over several lines in one piece."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else EDGE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole = re.sub(r"(?<=\S)\n(?=[^\s|$#-])", " ", node.value)  # a paragraph of Markdown
            yield re.sub(r"%\(\w+\)s|\$[^$]*\$|`[^`]*`|\*\*|> ", EDGE, whole)


def script_texts(file: Path) -> Iterator[str]:
    """A script without its comments, with an edge wherever a text begins or ends."""
    script = re.sub(
        r'["`] \+\s*["`]', "", re.sub(r"^\s*(?://|/?\*).*$", "", file.read_text(encoding="utf-8"), flags=re.M)
    )
    script = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), script).replace('\\"', "'")
    yield re.sub(r'\$\{|[{}`"]', EDGE, script)


def markup_texts(file: Path) -> Iterator[str]:
    """The texts of a piece of markup, between its elements and in their attributes."""
    for text in re.split(r"<[^>]*>", file.read_text(encoding="utf-8")):
        yield html.unescape(" ".join(text.split()))
    yield from map(html.unescape, re.findall(r'"([^"]*)"', file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def sources() -> str:
    """Everything that the page may say, one text after the other."""
    texts = [text for room in ("ui", "model") for file in (ROOT / room).rglob("*.py") for text in python_texts(file)]
    texts += [text for file in (ROOT / "assets").rglob("*.html") for text in markup_texts(file)]
    texts += [text for file in (ROOT / "assets").rglob("*.js") for text in script_texts(file)]
    texts += [*(example.hand for example in load_examples()), *(style.title for style in load_styles())]
    said = dict.fromkeys(plain(text).strip().lower() for text in texts if re.search("[A-Za-z]{2}", text))
    return f"{EDGE}{EDGE.join(said)}{EDGE}"


def stands(piece: str, sources: str, edge: str = "") -> bool:
    """Whether a piece of a sentence is said, or put together of pieces from one edge of a text to the next."""
    if edge + piece in sources:
        return True
    for at in range(1, len(piece)):
        first, rest = piece[:at].rstrip(), piece[at:].lstrip()
        inside = piece[at - 1].isalnum() and piece[at].isalnum() and rest != "s"
        if not inside and edge + first + EDGE in sources and stands(rest, sources, EDGE):
            return True
    return False


def test_both_sides_of_an_entry_have_the_same_places_and_elements() -> None:
    odd = []
    for english, chinese in ENTRIES:
        ours, theirs = set(PLACE.findall(english)), set(PLACE.findall(chinese))
        named = len({name for _, name in ours}) == len(ours)
        same = ours == theirs and sorted(TAG.findall(english)) == sorted(TAG.findall(chinese))
        if not named or not same or not chinese.strip():
            odd.append(english)
    assert odd == []


def test_no_text_stands_in_the_table_twice() -> None:
    shapes = [re.sub(r"\{#\}|\d+(?:[.,:]\d+)*", "#", PLACE.sub(r"{\1}", english)) for english, _ in ENTRIES]
    assert [shape for shape, count in Counter(shapes).items() if count > 1] == []


def test_every_entry_still_stands_on_the_page(sources: str) -> None:
    stale = []
    for english, _ in ENTRIES:
        pieces = (piece.strip(" .,:;()") for piece in PIECES.split(plain(english).lower()))
        if english not in GRADIO and not all(stands(piece, sources) for piece in pieces if len(piece) > 2):
            stale.append(english)
    assert stale == []
