"""Drawings with labels, from which a network is taught, and the file that holds them.

{"format": 1, "samples": [{"label": "7", "drawing": [[[0.1, 0.2, 0], ...], ...]}, ...]}
"""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from model.checks import is_whole
from model.drawing.strokes import DrawingError, check_drawing, rasterize
from model.json_text import read_json
from model.network import MAX_CLASSES

FORMAT_VERSION = 1
MAX_SAMPLES = 500
MAX_FILE_CHARACTERS = 5_000_000
MAX_SAMPLE_POINTS = 100_000  # of all samples together: 200 per sample if there are as many as allowed
MAX_NAME = 24  # characters of a class name
MAX_PARTS = 4 * MAX_NAME  # code points of a name, accents counted apart; composing more of them takes long

# Unicode's categories of what does not belong in a text, and of what cannot be seen by itself.
NO_TEXT = ("Cc", "Cs", "Zl", "Zp", "Cn", "Co")
UNSEEN = ("Cf", "Zs", "Mn", "Me")
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # change the direction of text around them


class SampleError(ValueError):
    """Samples that a network cannot be taught from. The message is one sentence for people."""


class Sample(NamedTuple):
    """One drawing and what it is.

    Attributes:
        label: name of its class.
        drawing: strokes with at least one point each, as `model.drawing.strokes.rasterize` takes them.
    """

    label: str
    drawing: list[Any]


def check_name(name: object) -> str:
    """A class name as it is stored: in Unicode's composed form, without spaces around it.

    Raises:
        SampleError: it is not text, is empty or too long, or has characters that a name cannot have.
    """
    if not isinstance(name, str):
        raise SampleError(f"A class name is text, and this one is of the type {type(name).__name__}.")
    if len(name) <= MAX_PARTS:
        name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise SampleError("A class needs a name of at least one character.")
    if len(name) > MAX_NAME:
        raise SampleError(f"A class name has at most {MAX_NAME} characters, and this one has {len(name):,}.")
    if any(unicodedata.category(one) in NO_TEXT or unicodedata.bidirectional(one) in TURNING for one in name):
        raise SampleError("A class name may have only visible characters, and this one has a control character.")
    if all(unicodedata.category(one) in UNSEEN for one in name):
        raise SampleError("A class name needs at least one visible character, and this one has none.")
    return name


def check_class(name: object, known: Sequence[str] = ()) -> str:
    """A class name as it is stored, checked against the existing ones.

    Raises:
        SampleError: as `check_name`; there would be too many classes, or two that differ in upper and lower case only.
    """
    name = check_name(name)
    _check_classes([name], known)
    return name


def check_samples(samples: object, known: Sequence[str] = ()) -> list[Sample]:
    """Samples that are safe to teach from: with valid names and drawings that have ink.

    Args:
        samples: a list of objects with label and drawing.
        known: classes that the network already has.

    Raises:
        SampleError: says what is wrong, with the number of the sample, from 1.
    """
    if not isinstance(samples, list | tuple):
        raise SampleError("Samples are a list of objects with label and drawing.")
    if not samples:
        raise SampleError("There are no samples yet; draw at least one and say what it is.")
    if len(samples) > MAX_SAMPLES:
        raise SampleError(f"There are {len(samples):,} samples; at most {MAX_SAMPLES:,} can be taught at once.")
    checked, points = [], 0
    for number, sample in enumerate(samples, 1):
        checked.append(_check_sample(number, sample))
        points += sum(map(len, checked[-1].drawing))
        if points > MAX_SAMPLE_POINTS:
            raise SampleError(f"The samples have more than {MAX_SAMPLE_POINTS:,} points in all; delete some of them.")
    _check_classes([sample.label for sample in checked], known)
    return checked


def _check_sample(number: int, sample: object) -> Sample:
    label, drawing = _fields(number, sample)
    try:
        check_drawing(drawing)
        return Sample(check_name(label), _inked(drawing))
    except (SampleError, DrawingError) as error:
        raise SampleError(f"Sample {number}: {error}") from None


def _inked(drawing: Any) -> list[Any]:
    """The strokes of a checked drawing that have points: an empty one adds nothing, and not every reader expects it."""
    strokes = read_json(drawing) if isinstance(drawing, str | bytes) else drawing
    return [stroke for stroke in strokes if len(stroke)]


def _fields(number: int, sample: object) -> tuple[object, object]:
    if isinstance(sample, Sample):
        return sample
    if not isinstance(sample, dict) or not {"label", "drawing"} <= sample.keys():
        raise SampleError(f"Sample {number} is not an object with label and drawing.")
    return sample["label"], sample["drawing"]


def _check_classes(labels: Iterable[str], known: Sequence[str]) -> None:
    names = dict.fromkeys([*known, *labels])
    if len(names) > MAX_CLASSES:
        raise SampleError(f"That would make {len(names):,} classes; a network has at most {MAX_CLASSES}.")
    spellings: dict[str, str] = {}
    for name in names:
        other = spellings.setdefault(name.casefold(), name)
        if other != name:
            raise SampleError(f"The classes {other} and {name} differ in upper and lower case only; keep one of them.")


def contradictions(samples: Sequence[Sample]) -> list[list[int]]:
    """Groups of samples, by index from 0, that are the same image with different labels."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        groups[np.asarray(rasterize(sample.drawing)).tobytes()].append(index)
    return [group for group in groups.values() if len({samples[index].label for index in group}) > 1]


def warnings(samples: Sequence[Sample]) -> list[str]:
    """What these samples can teach only in part: a sentence each, for people."""
    sentences = []
    for first, *others in contradictions(samples):
        other = next(index for index in others if samples[index].label != samples[first].label)
        sentences.append(
            f"Samples {first + 1} and {other + 1} are the same drawing, called {samples[first].label} and "
            f"{samples[other].label}; no network can learn both."
        )
    labels = {sample.label for sample in samples}
    if len(labels) == 1:
        sentences.append(
            f"All samples are of the class {labels.pop()}: only the old digits can show what a network takes "
            "for it by mistake."
        )
    return sentences


def write_samples(samples: Sequence[Sample]) -> str:
    """The text of a samples file."""
    return json.dumps({"format": FORMAT_VERSION, "samples": [sample._asdict() for sample in samples]})


def read_samples(text: str, known: Sequence[str] = ()) -> list[Sample]:
    """The samples of a file, checked.

    Raises:
        SampleError: it is not a samples file, of a newer format, or its samples fail `check_samples`.
    """
    if len(text) > MAX_FILE_CHARACTERS:
        raise SampleError(f"The file has {len(text):,} characters; a samples file has at most {MAX_FILE_CHARACTERS:,}.")
    try:
        content: Any = read_json(text)
        version, samples = content["format"], content["samples"]
    except (ValueError, KeyError, TypeError):
        raise SampleError("This is not a samples file; expected JSON with format and samples.") from None
    if not is_whole(version, 1):
        raise SampleError("The format of a samples file is a whole number from 1.")
    if version > FORMAT_VERSION:
        raise SampleError(
            f"The samples file has format {version}; this Digitscope reads up to format {FORMAT_VERSION}."
        )
    return check_samples(samples, known)
