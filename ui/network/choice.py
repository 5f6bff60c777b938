"""Which network reads: the choice on the left, including the networks a visitor made, and a description of each."""

from functools import lru_cache
from typing import Any

import gradio as gr

from model import CheckpointError, complexity
from model.checkpoint import CHECKSUM, read_metadata
from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import last_field
from ui.serving.network_store import is_key
from ui.serving.networks import Networks
from ui.serving.view import given, view

MOST_OWN = 50  # networks of one visitor, looked up at once


def network_choice(networks: Networks, default: str) -> gr.HTML:
    """The choice of the network that reads; the page adds the visitor's own ones.

    A list of the browser's own: Gradio's opens itself as soon as the keyboard comes to it.
    """
    return view(
        "networks",
        given(known_networks, networks),
        events=["chosen"],
        choices=[(_label(networks, name), name) for name in networks.names],
        offered=list(networks.names),
        first=default,
    )


def _label(networks: Networks, name: str) -> str:
    test = read_metadata(networks.locate(name)).get("figures", {}).get("test")
    parameters = f"{complexity(networks.load(name)).parameters:,} parameters"
    parts = [networks.title(name), parameters, *([f"{100 * test['accuracy']:.2f} %"] if test else [])]
    return " · ".join(parts)


def known_networks(networks: Networks, keys: object) -> dict[str, str]:
    """Which of a visitor's networks still exist here.

    Args:
        networks: that may be named.
        keys: a list of keys.

    Returns:
        The titles of those that do, by key.

    Raises:
        ValueError: this is not a list of keys, or it is too long.
    """
    if not isinstance(keys, list) or len(keys) > MOST_OWN:
        raise ValueError(f"Expected a list of at most {MOST_OWN} keys of networks.")
    titles = {}
    for key in filter(is_key, keys):
        try:
            titles[key] = networks.title(key)
        except CheckpointError:
            continue
    return titles


def follow(networks: Networks, choice: gr.HTML, about: gr.Markdown) -> None:
    """Describe the network that reads whenever another one does."""

    def describe_chosen(event: gr.EventData) -> str:
        return describe(networks, event.network)

    choice.chosen(
        describe_chosen, None, about, trigger_mode="always_last", show_progress="hidden", api_visibility="private"
    )


def describe(networks: Networks, name: object) -> str:
    """A few sentences about a network, with its own figures; or the one that says why there are none."""
    try:
        networks.locate(name)
        return _describe(networks, str(name))
    except CheckpointError as error:
        return str(error)


@lru_cache
def _describe(networks: Networks, name: str) -> str:
    net, metadata = networks.load(name), read_metadata(networks.locate(name))
    cost = complexity(net)
    dilations = ", ".join(stage.written for stage in net.config.stages)
    seen, narrow = (last_field(config) for config in (net.config, net.config.undilated()))
    lines = [
        f"**{_plain(networks.title(name))}** has {cost.parameters:,} trainable parameters and takes "
        f"{cost.multiply_accumulates:,} multiply-accumulates per image. Its {len(net.stages)} stages have "
        f"dilations {dilations}; a cell of the last one sees {seen} x {seen} pixels"
        + (", more than the whole image" if seen > IMAGE_SIZE else "")
        + (f"; with every dilation 1 it would see {narrow} x {narrow}." if narrow < seen else "."),
        _figures(metadata),
        "" if CHECKSUM in metadata else "Its file has no checksum, so that damage to it would not be noticed.",
        "A **depthwise** convolution slides one small kernel over each channel separately; a **pointwise** one mixes "
        "all channels of a single cell. **Dilation** spreads the kernel's taps apart: with dilation 3 a 3 x 3 kernel "
        "reaches over 7 x 7 cells and still has nine weights.",
    ]
    return "\n\n".join(line for line in lines if line)


def _plain(title: str) -> str:
    """Text escaped for Markdown."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>()#+-.!|&$~" else character for character in title)


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


def about_network(networks: Networks, default: str) -> gr.Markdown:
    """What the chosen network is, in words."""
    return gr.Markdown(describe(networks, default), elem_id="about")
