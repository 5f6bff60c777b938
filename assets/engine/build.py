"""Compile the engine's kernels: assets/engine/kernels.c -> assets/engine/kernels.wasm.

    pip install ziglang==0.17.1
    python assets/engine/build.py            # writes kernels.wasm
    python assets/engine/build.py --check    # compiles, and says whether kernels.wasm is what kernels.c gives

The compiled file is part of the repository: nobody needs a compiler to run the app. A Zig of this one version is all
that takes part, so that the same source gives the same bytes on every machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
SOURCE, COMPILED = HERE / "kernels.c", HERE / "kernels.wasm"
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


def compiled() -> bytes:
    """The bytes of kernels.wasm that kernels.c gives.

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
        (Path(directory) / SOURCE.name).write_bytes(SOURCE.read_bytes())
        command = [*zig, "build-exe", SOURCE.name, *OPTIONS, f"-femit-bin={COMPILED.name}"]
        subprocess.run(command, cwd=directory, check=True)
        return (Path(directory) / COMPILED.name).read_bytes()


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python assets/engine/build.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the file that is there; write nothing")
    options = parser.parse_args()
    try:
        fresh = compiled()
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    if not options.check:
        COMPILED.write_bytes(fresh)
        print(f"{COMPILED.name}: {len(fresh):,} bytes.")
    elif fresh != COMPILED.read_bytes():
        print(f"{COMPILED.name} is not what {SOURCE.name} gives; run: python assets/engine/build.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
