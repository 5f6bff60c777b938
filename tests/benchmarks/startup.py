"""How long `python app.py` takes to its first served page, against importing PyTorch and Gradio alone.

python -m tests.benchmarks.startup
"""

import argparse
import statistics
import subprocess
import sys
import time

from tests.benchmarks.figures import tell
from tests.serving import serving

BARE = [sys.executable, "-c", "import torch, gradio"]


def page_seconds() -> float:
    """From starting `python app.py` to its page, served whole."""
    begun = time.perf_counter()
    with serving():
        return time.perf_counter() - begun


def bare_seconds() -> float:
    """What no app on PyTorch and Gradio can go below."""
    begun = time.perf_counter()
    subprocess.run(BARE, check=True)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=7, help="of each, taking turns")
    runs = parser.parse_args().runs
    page_seconds(), bare_seconds()  # the first of each reads the files from disk
    pages, bares = zip(*((page_seconds(), bare_seconds()) for _ in range(runs)), strict=True)
    for name, times in (("python app.py, first page", pages), ('python -c "import torch, gradio"', bares)):
        print(f"{name:<34}{statistics.median(times):6.2f} s  ({min(times):.2f} to {max(times):.2f}, {runs} runs)")
        tell(name, "s", p50=statistics.median(times), least=min(times), most=max(times), count=runs)
    ratio = statistics.median(page / bare for page, bare in zip(pages, bares, strict=True))
    tell("median ratio of neighbouring runs", "times", value=ratio)
    print(f"{'median ratio of neighbouring runs':<34}{ratio:6.2f}")


if __name__ == "__main__":
    main()
