"""The command that writes a finished example, which a tab shows until there is something of the visitor's own."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.serving.view import ASSETS


def write_example(module: str, description: str, file: Path, example_of: Callable[[str], dict[str, Any]]) -> None:
    """Compute an example and write it as JSON, as the command line says.

    Args:
        module: the name under which Python runs the command.
        description: of the command; its first line counts.
        file: in assets/, to be written.
        example_of: called with the directory that holds MNIST/raw.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description.splitlines()[0])
    parser.add_argument("--data", default="data", help="directory that holds MNIST/raw")
    example = example_of(parser.parse_args().data)
    file.write_text(f"{json.dumps(example, separators=(',', ':'))}\n", encoding="utf-8")
    print(f"Wrote {file.relative_to(ASSETS.parent)}.")
