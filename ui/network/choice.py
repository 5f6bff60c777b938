"""Which network reads: the choice on the left, including the networks a visitor made."""

import gradio as gr

from model import CheckpointError, complexity
from model.checkpoint import read_metadata
from ui.kept.network_store import is_key
from ui.kept.networks import Networks
from ui.serving.view import given, view

MOST_OWN = 50  # networks of one visitor, looked up at once


def network_choice(networks: Networks, default: str) -> gr.HTML:
    """The choice of the network that reads; the page adds the visitor's own ones.

    A list of the browser's own: Gradio's opens itself as soon as the keyboard comes to it.
    """
    return view(
        "networks",
        given(known_networks, networks),
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
