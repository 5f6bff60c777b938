"""Networks as files: kept by the visitor, and opened again without trusting them."""

import base64

from model import CheckpointError, DigitNet, NetworkConfig
from model.checkpoint import SUFFIX, read_network
from model.checks import fields_of
from model.design.configuration import check_size
from model.drawing.samples import check_name
from ui.kept.networks import Networks
from ui.teach.teaching import time_of_day

MAX_UPLOAD = 5 * 2**20  # bytes of a network's file
MAX_CHARACTERS = 4 * (MAX_UPLOAD // 3 + 1)  # of as many bytes in base64, and one more: what follows is not even decoded


def network_file(networks: Networks, name: object) -> dict[str, str]:
    """The file of a network, to be kept by the visitor.

    Returns:
        `data`, its bytes in base64, and `name`, what it may be called.

    Raises:
        CheckpointError: no such network is offered.
    """
    path = networks.locate(name)
    words = "".join(character if character.isalnum() else " " for character in networks.title(name)).split()
    return {"name": "-".join(words) + SUFFIX, "data": base64.b64encode(path.read_bytes()).decode("ascii")}


def read_upload(request: object) -> tuple[bytes, str]:
    """The bytes of a network that somebody has as a file, and the title under which it is kept.

    Args:
        request: {data, clock}: its bytes in base64, and the visitor's time as "14:02:31".

    Raises:
        CheckpointError: the file is too large, or these are no bytes.
    """
    data, clock = fields_of(request, "data", "clock")
    return _decoded(data), f"uploaded, {time_of_day(clock)}"


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise CheckpointError("The bytes of a network's file have to be text in base64.")
    try:
        content = base64.b64decode(data[:MAX_CHARACTERS], validate=True)
    except ValueError:
        raise CheckpointError("The bytes of a network's file have to be text in base64.") from None
    if len(content) > MAX_UPLOAD:
        raise CheckpointError(f"The file is larger than {MAX_UPLOAD / 2**20:g} MB; a network file is smaller.")
    return content


def load_network_file(content: bytes) -> DigitNet:
    """The network that a file holds, verified: nothing of it is ever run.

    Raises:
        ValueError: it is not a checkpoint, would cost too much to serve, or has a class name that is not valid.
    """
    return read_network("The file", content, _check)


def _check(config: NetworkConfig) -> None:
    check_size(config)
    for name in config.classes:
        check_name(name)
