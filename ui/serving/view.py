"""The look of Gradio's own components, and how views of our own come into the page; colours are in assets/style/."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ui.background.job import BusyError
from ui.background.jobs import TRY_AGAIN
from ui.background.visitor import Visitor, asked_by
from ui.serving.faults import sentence_of

ASSETS = Path(__file__).resolve().parents[2] / "assets"
ASSETS_URL = "digitscope"
STYLE = ASSETS / "style"
SHARED_STYLES = [STYLE / f"{name}.css" for name in ("tokens", "frame", "controls")]  # each overrides those before it
STYLESHEETS = [*SHARED_STYLES, *sorted(set(STYLE.glob("*.css")) - set(SHARED_STYLES))]  # then one a view


def theme() -> gr.Theme:
    """Hairlines, the system's fonts, one accent; nothing is fetched from anywhere."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "block_background_fill": "transparent",
        "block_border_width": "0px",
        "block_shadow": "none",
        "block_padding": "0px",
        "block_label_text_color": "var(--ink)",
        "block_title_text_color": "var(--ink)",
        "block_title_text_size": "13px",
        "block_title_text_weight": "600",
        "border_color_primary": "var(--hairline)",
        "color_accent": "var(--accent)",
        "color_accent_soft": "var(--accent-soft)",
        "input_background_fill": "var(--paper-raised)",
        "input_border_color": "var(--hairline)",
        "input_border_color_focus": "var(--accent)",
        "input_shadow": "none",
        "input_shadow_focus": "none",
        "link_text_color": "var(--accent)",
        "table_border_color": "var(--hairline)",
        "table_even_background_fill": "var(--paper)",
        "table_odd_background_fill": "var(--paper)",
    }
    return base.set(**both, **{f"{name}_dark": value for name, value in both.items() if _has_dark(base, name)})


def _has_dark(base: gr.Theme, name: str) -> bool:
    return hasattr(base, f"{name}_dark")


def template(name: str) -> str:
    """The markup of a view, from assets/. Fixed: a view changes what it shows by script, never by new markup."""
    return (ASSETS / name).read_text(encoding="utf-8")


def import_of(module: str) -> str:
    """JavaScript for the promise of a module of assets/; relative to the page, so that it works behind any prefix."""
    return f"import(new URL('{ASSETS_URL}/{module}', document.baseURI))"


def view(name: str, *server_functions: Callable[[Any], Any], **props: Any) -> gr.HTML:
    """A view of our own: markup in assets/, brought to life by `mount` of the script beside it.

    Args:
        name: of its folder, markup, script and element alike; where one folder holds several views, "folder/view".
        server_functions: what its script may call, each with one JSON value; a ValueError comes back as `error`.
        props: JSON values for its script.
    """
    folder, _, own = name.rpartition("/")
    place = f"{folder or own}/{own}"
    mount = "(view) => view.mount({ element, server, props })"
    return gr.HTML(
        html_template=template(f"{place}.html"),
        js_on_load=f"{import_of(f'{place}.js')}.then({mount})",
        server_functions=[_in_a_sentence(function) for function in server_functions],
        elem_id=own,
        apply_default_css=False,
        padding=False,
        **props,
    )


def given(function: Callable[..., Any], *needs: Any) -> Callable[[Any], Any]:
    """A function of one JSON value, of its own name, that is handed first what it needs of this server.

    Args:
        function: called with the needs, then the value.
        needs: such as the networks, or the jobs.
    """

    def answered(request: Any) -> Any:
        return function(*needs, request)

    answered.__name__, answered.__doc__ = function.__name__, function.__doc__
    return answered


def _in_a_sentence(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is wrong with a call reaches the page as the sentence that says so."""

    def answered(request: Any, address: str = "") -> Any:
        try:
            with asked_by(address, request):
                return function(request)
        except BusyError as error:
            return {"error": str(error), "again": TRY_AGAIN}
        except Exception as error:
            return {"error": sentence_of(error)}

    answered.__name__, answered.__doc__ = function.__name__, function.__doc__
    return answered


def address_of(sender: gr.Request | None) -> str:
    """The address that a request came from; empty where that is not known."""
    return sender.client.host if sender is not None and sender.client else ""


def caller_of(sender: gr.Request | None) -> Visitor:
    """Whose work a program's call is."""
    session = sender.session_hash if sender is not None else None
    return Visitor(address_of(sender), session or "")
