"""How every command ends: with an exit code, and with one sentence instead of a traceback."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

FAILED = 2  # exit code of a command that could not do its work
STOPPED = 130  # exit code of a command that was ended by Ctrl-C

Arguments = ParamSpec("Arguments")


def command(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Make the `main` of a command return its exit code however it ends.

    An error in a file, an option or the installation is one sentence on standard error, and so is Ctrl-C.
    """

    @wraps(main)
    def ended(*arguments: Arguments.args, **options: Arguments.kwargs) -> int:
        try:
            return main(*arguments, **options)
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return STOPPED
        except (ValueError, OSError, ImportError) as error:
            print(_sentence(error), file=sys.stderr)
            return FAILED

    return ended


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be read or written ({error.strerror})."
    return str(error)
