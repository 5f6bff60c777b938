"""Compile the engine's kernels: kernels.c -> kernels.wasm in assets/engine/ and in assets/engine/generator/.

    pip install ziglang==0.17.1
    python assets/engine/build.py            # writes both files kernels.wasm
    python assets/engine/build.py --check    # compiles, and says whether each kernels.wasm is what its kernels.c gives

The compiled files are part of the repository: nobody needs a compiler to run the app. A Zig of this one version is all
that takes part, so that the same source gives the same bytes on every machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
SOURCES = [HERE / "kernels.c", HERE / "generator" / "kernels.c"]
SHARED = HERE / "vectors.h"
ZIG = "0.17.1"
OPTIONS = (
    "-target",
    "wasm32-freestanding",
    "-mcpu",
    "generic+simd128",
    "-O",
    "ReleaseFast",
    "-fno-entry",
    "-fstrip",
    "--stack",
    "65536",
    "--export=__heap_base",
)


def compiled(source: Path) -> bytes:
    """The bytes of kernels.wasm that a kernels.c gives.

    Raises:
        OSError: the compiler is not installed, or of another version.
        subprocess.CalledProcessError: the source does not compile.
    """
    zig = (sys.executable, "-m", "ziglang")
    found = subprocess.run([*zig, "version"], capture_output=True, text=True)
    if found.stdout.strip() != ZIG:
        raise OSError(f"Zig {ZIG} is needed; install it with: pip install ziglang=={ZIG}")
    with TemporaryDirectory() as directory:
        # In a directory of its own and by bare names, for paths would become part of the file.
        for path in (source, SHARED):
            copy = Path(directory) / path.relative_to(HERE)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
        place, result = Path(directory) / source.relative_to(HERE).parent, _result_of(source).name
        command = [*zig, "build-exe", source.name, *OPTIONS, f"-femit-bin={result}"]
        subprocess.run(command, cwd=place, check=True)
        return (place / result).read_bytes()


def _result_of(source: Path) -> Path:
    return source.with_suffix(".wasm")


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python assets/engine/build.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the file that is there; write nothing")
    options = parser.parse_args()
    try:
        fresh = {_result_of(source): compiled(source) for source in SOURCES}
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    stale = 0
    for path, content in fresh.items():
        name = path.relative_to(HERE)
        if not options.check:
            path.write_bytes(content)
            print(f"{name}: {len(content):,} bytes.")
        elif content != path.read_bytes():
            stale += 1
            print(f"{name} is not what its kernels.c gives; run: python assets/engine/build.py", file=sys.stderr)
    return int(stale > 0)


if __name__ == "__main__":
    sys.exit(main())
