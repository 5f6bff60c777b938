"""How every command ends: with an exit code, and with one sentence where others would print a traceback."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

FAILED = 2  # exit code of what could not be done
STOPPED = 130  # exit code of what Ctrl-C has ended

Arguments = ParamSpec("Arguments")


def command(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """The `main` of a command, which returns its exit code however it ends.

    What is wrong with a file, an option or the installation is one sentence on the error output, and so is Ctrl-C.
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
