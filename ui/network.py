"""Which network reads: the choice on the left, and the words about it."""

import json
from functools import lru_cache

import gradio as gr

from model import complexity, receptive_field
from model.checkpoint import checkpoint_names, checkpoint_path, read_metadata
from model.network import IMAGE_SIZE, PRESETS
from ui.answers import load_network
from ui.look import import_of

CHOOSE = f"(network) => {{ {import_of('state.js')}.then((state) => state.set({{ network }})) }}"
FROM_LINK = (
    "(network) => {module}.then((link) => {known}.includes(link.networkInLink()) ? link.networkInLink() : network)"
)


def names_to_offer(default: str) -> list[str]:
    """The networks to choose from: the presets that are trained, smallest first, and the default."""
    trained = [name for name in PRESETS if name in checkpoint_names()]
    return trained if default in trained else [*trained, default]


def choices(default: str) -> list[tuple[str, str]]:
    """(label, name) of the networks to choose from."""
    return [(_label(name), name) for name in names_to_offer(default)]


def _label(name: str) -> str:
    title = checkpoint_path(name).stem
    test = read_metadata(name).get("figures", {}).get("test")
    parameters = f"{complexity(load_network(name)).parameters:,} parameters"
    return f"{title} · {parameters} · {100 * test['accuracy']:.2f} %" if test else f"{title} · {parameters}"


def network_choice(default: str) -> gr.Dropdown:
    """The choice of the network that reads."""
    return gr.Dropdown(choices(default), value=default, label="Network", interactive=True, filterable=False)


def follow(choice: gr.Dropdown, page: gr.Blocks, about: gr.Markdown) -> None:
    """Tell the page's state and the words which network is chosen; a link may choose one when the page opens."""
    known = json.dumps([name for _, name in choice.choices])
    from_link = FROM_LINK.format(module=import_of("link.js"), known=known)
    opened = page.load(None, choice, choice, js=from_link, api_visibility="private")
    opened.then(None, choice, None, js=CHOOSE, api_visibility="private")
    choice.change(None, choice, None, js=CHOOSE, api_visibility="private")
    choice.change(
        describe,
        choice,
        about,
        api_visibility="private",
        show_progress="hidden",
    )


@lru_cache
def describe(name: str) -> str:
    """A few sentences about a network, with its own figures."""
    net, metadata = load_network(name), read_metadata(name)
    cost = complexity(net)
    dilations = ", ".join(str(stage.dilation) for stage in net.stages)
    last = receptive_field(net, f"stages.{len(net.stages) - 1}")
    lines = [
        f"**{checkpoint_path(name).stem}** has {cost.parameters:,} trainable parameters and spends "
        f"{cost.multiply_accumulates:,} multiply-accumulates on an image. Its {len(net.stages)} stages have "
        f"dilations {dilations}; a cell of the last one sees {last.size[0]} x {last.size[1]} pixels"
        + (", more than the whole image." if last.size[0] > IMAGE_SIZE else "."),
        _figures(metadata),
        "A **depthwise** convolution slides one small kernel over each channel by itself; a **pointwise** one mixes "
        "all channels of one place. **Dilation** spreads the kernel's taps apart: with dilation 3 a 3 x 3 kernel "
        "reaches over 7 x 7 cells and still has nine weights.",
    ]
    return "\n\n".join(line for line in lines if line)


def _figures(metadata: dict) -> str:
    figures = metadata.get("figures", {})
    parts = []
    if "test" in figures:
        test = figures["test"]
        parts.append(f"It reads {100 * test['accuracy']:.2f} % of MNIST's {test['images']:,} test images")
    if "pendigits" in figures:
        people = figures["pendigits"]
        parts.append(
            f"{100 * people['accuracy']:.2f} % of {people['images']:,} digits that {people['writers']} people "
            "wrote with a pen, which it never saw in training"
        )
    return " and ".join(parts) + "." if parts else ""


def about_network(default: str) -> gr.Markdown:
    """What the chosen network is, in words."""
    return gr.Markdown(describe(default), elem_id="about")
