"""What the chosen network is, in a few sentences with its own figures."""

from functools import lru_cache
from typing import Any

import gradio as gr

from model import complexity
from model.checkpoint import CHECKSUM, read_metadata
from model.checks import fields_of
from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import last_field
from ui.kept.networks import Networks
from ui.serving.view import given, view


def about(networks: Networks, first: str) -> gr.HTML:
    """A description of the network that reads, at first of the page's own."""
    described = describe_network(networks, {"network": first})
    return view("network/about", given(describe_network, networks), first=first, described=described)


def describe_network(networks: Networks, request: object) -> dict[str, str]:
    """A few sentences about a network.

    Args:
        networks: that may be named.
        request: {network}.

    Returns:
        Its `title`; `told`, which goes on after it; `figures`, how well it reads, and `unproved`, that nothing guards
        its file against damage, each empty where there is nothing to say.

    Raises:
        CheckpointError: no such network is offered or kept.
    """
    (name,) = fields_of(request, "network")
    networks.locate(name)
    return _describe(networks, str(name))


@lru_cache
def _describe(networks: Networks, name: str) -> dict[str, str]:
    net, metadata = networks.load(name), read_metadata(networks.locate(name))
    cost = complexity(net)
    dilations = ", ".join(stage.written for stage in net.config.stages)
    seen, narrow = (last_field(config) for config in (net.config, net.config.undilated()))
    told = (
        f"has {cost.parameters:,} trainable parameters and takes {cost.multiply_accumulates:,} multiply-accumulates "
        f"per image. Its {len(net.stages)} stages have dilations {dilations}; a cell of the last one sees "
        f"{seen} x {seen} pixels"
        + (", more than the whole image" if seen > IMAGE_SIZE else "")
        + (f"; with every dilation 1 it would see {narrow} x {narrow}." if narrow < seen else ".")
    )
    unproved = "" if CHECKSUM in metadata else "Its file has no checksum, so damage to it would not be noticed."
    return {"title": networks.title(name), "told": told, "figures": _figures(metadata), "unproved": unproved}


def _figures(metadata: dict[str, Any]) -> str:
    figures = metadata.get("figures", {})
    parts = []
    if "test" in figures:
        test = figures["test"]
        parts.append(f"It reads {100 * test['accuracy']:.2f} % of MNIST's {test['images']:,} test images correctly")
    if "pendigits" in figures:
        people = figures["pendigits"]
        parts.append(
            f"{100 * people['accuracy']:.2f} % of {people['images']:,} digits that {people['writers']} people "
            "wrote with a pen, none of which it saw in training"
        )
    return " and ".join(parts) + "." if parts else ""
