"""The machine that figures are measured on, and what a server's processes take of it."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any, NamedTuple

PACKAGES = ("torch", "gradio", "numpy", "onnxruntime")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Usage(NamedTuple):
    """What processes have taken.

    Attributes:
        seconds: of a processor's time since they started.
        bytes: of memory, what they share counted once; where the system does not tell, 0.
    """

    seconds: float
    bytes: int


def machine() -> dict[str, Any]:
    """What to say beside every figure, as JSON values."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "load": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def usage(pid: int) -> Usage:
    """What a process and all that it has started have taken so far; those that have ended are left out. Linux only."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(path.parent.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS)
    family, grows = {pid}, True
    while grows:
        more = {child for child, (parent, _) in parents.items() if parent in family} - family
        family, grows = family | more, bool(more)
    return Usage(sum(parents[one][1] for one in family if one in parents), sum(map(_memory, family)))


def _memory(pid: int) -> int:
    """Bytes, of what is shared this process's part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0
