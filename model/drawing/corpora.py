"""Readers of stroke corpora: people's real pen movements, as drawings.

- Pendigits: "Pen-Based Recognition of Handwritten Digits", E. Alpaydin and F. Alimoglu (1998), UCI Machine Learning
  Repository, the raw UNIPEN text `pendigits-orig.tra`: digits of 30 writers on a tablet.
- Omniglot: Lake, Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction"
  (Science 2015), the archive `strokes_background_small1.zip`: characters of several alphabets, each drawn once by 20
  people in a web browser.
"""

import re
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

PENDIGITS_BOX = 500  # the tablet's writing box, in tablet units
OMNIGLOT_BOX = 105  # the side of an Omniglot picture, in pixels
OMNIGLOT_NAME = re.compile(r"strokes_\w+/([^/]+)/character(\d+)/\d+_(\d+)\.txt")

Drawing = list[list[list[float]]]


class CorpusError(ValueError):
    """A file is not the expected corpus. The message is one sentence for people."""


class PenDigit(NamedTuple):
    """One digit of pendigits: points `[x, y]`, the label "0" to "9", and who wrote it."""

    drawing: Drawing
    label: str
    writer: int


class Character(NamedTuple):
    """One character of Omniglot: points `[x, y, milliseconds]`, its number within the alphabet, and who drew it."""

    drawing: Drawing
    character: int
    drawer: int


def read_pendigits(path: str | Path) -> list[PenDigit]:
    """All digits of a raw pendigits file, in the file's order.

    Args:
        path: `pendigits-orig.tra` or a file in the same format.

    Returns:
        Samples whose drawings are in canvas units, 0..1, y down.

    Raises:
        CorpusError: the file cannot be read, or is in another format.
    """
    samples: list[PenDigit] = []
    try:
        text = Path(path).read_text("ascii")
        for block in text.split(".SEGMENT")[1:]:
            label = _found(r'\A.*"(\d)"', block)
            writer = int(_found(r"^\.COMMENT\s+\d+\s+(\d+)", block))
            strokes = [stroke.split(".PEN_UP")[0] for stroke in block.split(".PEN_DOWN")[1:]]
            drawing = [[_pendigits_point(line) for line in stroke.strip().splitlines()] for stroke in strokes]
            samples.append(PenDigit(drawing, label, writer))
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}); the file pendigits-orig.tra is expected."
        ) from error
    except ValueError as error:  # a line that is not two numbers; a missing pattern
        raise CorpusError(
            f"{path} is not a pendigits file; the raw UNIPEN text pendigits-orig.tra is expected."
        ) from error
    if not samples:
        raise CorpusError(f"{path} holds no digits; the raw UNIPEN text pendigits-orig.tra is expected.")
    return samples


def _found(pattern: str, block: str) -> str:
    match = re.search(pattern, block, re.MULTILINE)
    if match is None:
        raise ValueError(f"There is no {pattern}.")
    return match[1]


def _pendigits_point(line: str) -> list[float]:
    x, y = line.split()
    return [int(x) / PENDIGITS_BOX, 1 - int(y) / PENDIGITS_BOX]


def read_omniglot(path: str | Path, alphabet: str) -> list[Character]:
    """All characters of one alphabet, by character, then by drawer.

    Args:
        path: `strokes_background_small1.zip` or an archive in the same format.
        alphabet: its folder in the archive, such as "Latin".

    Returns:
        Samples whose drawings are in canvas units, 0..1, y down.

    Raises:
        CorpusError: the archive cannot be read, is in another format, or does not hold the alphabet.
    """
    known = alphabets(path)
    samples = []
    try:
        with ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                found = OMNIGLOT_NAME.fullmatch(name)
                if found and found[1] == alphabet:
                    drawing = _omniglot_drawing(archive.read(name).decode("ascii"))
                    samples.append(Character(drawing, int(found[2]), int(found[3])))
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}); a zip of Omniglot's strokes is expected."
        ) from error
    except (BadZipFile, ValueError) as error:
        raise CorpusError(f"{path} is not a zip file; a zip of Omniglot's strokes is expected.") from error
    if not samples:
        raise CorpusError(f"{path} holds no alphabet {alphabet!r}; it holds {', '.join(known)}.")
    return samples


def alphabets(path: str | Path) -> list[str]:
    """Names of the alphabets that an archive of Omniglot's strokes holds.

    Raises:
        CorpusError: the archive cannot be read, or holds none.
    """
    try:
        with ZipFile(path) as archive:
            found = {match[1] for name in archive.namelist() if (match := OMNIGLOT_NAME.fullmatch(name))}
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}); a zip of Omniglot's strokes is expected."
        ) from error
    except BadZipFile as error:
        raise CorpusError(f"{path} is not a zip of Omniglot's strokes, which is expected.") from error
    if not found:
        raise CorpusError(f"{path} holds no strokes; a zip of Omniglot's strokes is expected.")
    return sorted(found)


def _omniglot_drawing(text: str) -> Drawing:
    drawing: Drawing = [[]]
    for line in text.split():
        if line == "BREAK":
            drawing.append([])
        elif line != "START":
            x, y, milliseconds = map(float, line.split(","))
            drawing[-1].append([x / OMNIGLOT_BOX, -y / OMNIGLOT_BOX, milliseconds])
    return [stroke for stroke in drawing if stroke]
