"""Export a network: as ONNX, as ONNX in 8-bit numbers, as safetensors.

python -m model.export --checkpoint base --out base.onnx
python -m model.export --checkpoint base --out base-int8.onnx --int8 --data DIR
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.checkpoint import load_checkpoint, read_history, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA
from model.network import DigitNet
from model.onnx.int8 import describe_int8, to_int8
from model.onnx.runtime import RANDOM_DRAWINGS, TOLERANCE, ExportError, to_onnx


def to_safetensors(net: DigitNet, **history: Any) -> bytes:
    """A network as a checkpoint of this program: its weights and, as metadata, its configuration and history.

    Args:
        net: the network.
        history: as for `save_checkpoint`.
    """
    with tempfile.TemporaryDirectory() as directory:
        return save_checkpoint(net, Path(directory) / "network.safetensors", **history).read_bytes()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.export", description="Export a network to a file.")
    parser.add_argument("--checkpoint", default="base", metavar="NAME", help="name or path; default: base")
    parser.add_argument("--out", required=True, type=Path, help="file to write: NAME.onnx or NAME.safetensors")
    parser.add_argument("--int8", action="store_true", help="convert to 8-bit numbers and measure what they bring")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw, to measure --int8 on")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> str:
    """Write the file; returns a sentence about it."""
    wanted = (".onnx",) if options.int8 else (".onnx", ".safetensors")
    if options.out.suffix not in wanted:
        raise ExportError(f"{options.out.name} does not end in {' or '.join(wanted)}.")
    net = load_checkpoint(options.checkpoint)
    if options.int8:
        result = to_int8(net, options.data)
        content, sentence = result.model, describe_int8(result)
    elif options.out.suffix == ".onnx":
        content = to_onnx(net)
        sentence = f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    else:
        content = to_safetensors(net, **read_history(options.checkpoint))
        sentence = "python app.py --checkpoint reads it."
    options.out.write_bytes(content)
    return f"{options.out}: {len(content):,} bytes. {sentence}"


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    print(_export(_arguments(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
