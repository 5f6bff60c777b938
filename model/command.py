"""How every command ends."""

import sys
from collections.abc import Callable
from typing import NoReturn

STOPPED = 130  # exit code of what Ctrl-C has ended


def run(main: Callable[[], int]) -> NoReturn:
    """Call a command and exit with the code that it returns; Ctrl-C ends it with a word instead of a traceback."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(STOPPED)
