"""The page in Chinese: nothing on it stays in English, and who chooses a language keeps it."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from model.drawing.examples import load_styles
from tests.browser.conftest import Visits
from tests.browser.drawing import SCRIBBLE, SEVEN, draw, module, settle
from tests.conftest import ROOT
from ui.kept.networks import Networks
from ui.saved_page import saved_page

# What is no English: names, units, keys, and what is the same in both languages.
NAMES = """
Digitscope MNIST PyTorch ONNX Runtime Gradio WebAssembly SIMD HTML CSV PNG JSON API ReLU logit logits log sum exp kB MB
ms nano tiny small base large python app py model study train line checkpoint FILE DIR data raw safetensors uint float
classes groups valid Valid same Same Enter Esc Page Up Down Shift Ctrl Delete Language Wang et al Understanding
Convolution for Semantic Segmentation pendigits orig tra stages stem channels
"""
# Modules of which each error may reach somebody who uses the page.
SAYING = """
model/cost/budget.py model/cost/convolution.py model/data.py model/design/live_training.py model/drawing/samples.py
model/drawing/strokes.py model/evaluation/confusion.py model/network.py model/onnx/runtime.py model/line/decoding.py
ui/design/live_trainings.py ui/first_visit/path.py ui/learn/kernels.py ui/saved_page.py ui/serving/faults.py
ui/serving/gate.py ui/kept/network_store.py ui/kept/networks.py ui/background/processes.py ui/teach/network_files.py
"""
TO_PROGRAMS = (
    "clock is",
    "The work in another process",
    "There are no counts",
    "There is no class",
)  # what only programs can provoke

LEFT_IN_ENGLISH = """(names) => {
    const own = "[translate=no], .label, bdi, code, pre, kbd, var, .katex, script, noscript, style";
    const said = ["title", "aria-label", "aria-valuetext", "placeholder", "alt"];
    const left = [];
    const visit = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return left.push(node.data);
        if (node.nodeType !== Node.ELEMENT_NODE || node.matches(own)) return;
        for (const name of said) left.push(node.getAttribute(name) ?? "");
        for (const child of node.childNodes) visit(child);
    };
    visit(document.body);
    const isEnglish = (text) => (text.match(/[A-Za-z]{2,}/g) ?? []).some((word) => !names.includes(word));
    return [...new Set(left.map((text) => text.trim()))].filter(isEnglish);
}"""


@pytest.fixture(scope="module")
def chinese(browser: Browser) -> Iterator[BrowserContext]:
    """A window of a browser that speaks Chinese."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="zh-CN")
    yield context
    context.close()


@pytest.fixture(scope="module")
def page(chinese: BrowserContext, server: str) -> Iterator[Page]:
    """The page as somebody with such a browser finds it. Fails on any error of a script."""
    visits = Visits(server)
    page = visits.open(chinese)
    page.locator("#reading .bar.top").wait_for()
    yield page
    assert not visits.errors


def left_in_english(page: Page) -> list[str]:
    return page.evaluate(LEFT_IN_ENGLISH, NAMES.split())


def state(page: Page, fields: str) -> None:
    page.evaluate(f"{module('page/state.js')}.then((state) => state.set({fields}))")


def test_nothing_on_the_page_stays_in_english(page: Page) -> None:
    expect(page.locator("#question h2")).to_have_text("九个权重，怎么看到 29 x 29 个像素？")
    left = set(left_in_english(page))
    draw(page, SEVEN)
    settle(page)
    state(page, '{ path: 2, cell: { layer: "stages.2.depthwise", y: 7, x: 7, channel: 3 }, breaks: null }')
    expect(page.locator("#path .says")).to_contain_text("权重")
    expect(page.locator("#layers .cell .title")).to_contain_text("第 3 阶段")
    left |= set(left_in_english(page))
    state(
        page,
        '{ path: null, breaks: { channels: [["stem", 3]], stage: 1, depthwise: true, dilations: true, noise: 0.1 } }',
    )
    expect(page.locator("#reading .broken")).to_be_visible()
    left |= set(left_in_english(page))
    state(page, "{ breaks: null }")
    shown = {
        "Misread": "#misread .bar", "Teach": "#teach .readings li", "Imagine": "#imagine .tile:enabled",
        "Compare": "#compare .claims dt", "Design": "#design .advice li", "Network": "#architecture tbody tr",
    }  # fmt: skip
    for tab, there in shown.items():
        state(page, f'{{ tab: "{tab}" }}')
        page.locator(there).first.wait_for(state="attached")
        left |= set(left_in_english(page))
    page.locator("#confusion").scroll_into_view_if_needed()
    page.locator("#confusion td.right").first.wait_for(state="attached")
    left |= set(left_in_english(page))
    state(page, '{ tab: "Learn" }')
    for figure in page.locator("#learn .learn-view").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".sentence")).not_to_be_empty()
    left |= set(left_in_english(page))
    assert sorted(left) == []


def test_what_goes_wrong_is_said_in_chinese_and_what_people_name_is_left_alone(page: Page) -> None:
    state(page, '{ tab: "Teach", cell: null }')
    name, keep = page.locator("#teach form input"), page.locator("#teach form button")
    name.fill("x" * 200)
    keep.click()
    said = page.locator("#teach .said .note")
    expect(said).to_have_text(re.compile("^类别名最多 .* 个字符"))
    name.fill("Undo")
    keep.click()
    expect(said).to_have_text("已存为 Undo；画布已清空，可以写下一个。")
    expect(page.locator("#teach .classes bdi").last).to_have_text("Undo")
    page.locator('#teach [data-do="undo-sample"]').click()
    draw(page, SCRIBBLE)
    settle(page)
    page.get_by_role("button", name="一行数字").click()
    expect(page.locator("#line .sentence")).not_to_be_empty()
    assert left_in_english(page) == []
    state(page, "{ line: null, drawing: [], tab: null }")


def test_every_error_that_may_reach_somebody_and_every_style_is_in_the_table(page: Page) -> None:
    sentences = [sentence for file in SAYING.split() for sentence in errors_of(ROOT / file)]
    sentences += [style.title for style in load_styles()]
    found = page.evaluate(
        f"""async (sentences) => {{
            const {{ makeLookup }} = await {module("language/lookup.js")};
            const table = await fetch(new URL("digitscope/language/zh.json", document.baseURI));
            const find = makeLookup(await table.json());
            return sentences.map(find);
        }}""",
        sentences,
    )
    missing = [english for english, chinese in zip(sentences, found, strict=True) if not chinese]
    assert len(sentences) > 150
    assert [sentence for sentence in missing if not sentence.startswith(TO_PROGRAMS)] == []
    assert [chinese for chinese in found[-len(load_styles()) :] if re.search("[A-Za-z]{2}", chinese)] == []


def errors_of(file: Path) -> Iterator[str]:
    """The sentences of the errors that a module raises, with 7 for whatever is filled in."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        for said in node.exc.args:
            if isinstance(said, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in said.values)
            elif isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield said.value


def test_a_choice_is_kept_and_english_pages_fetch_no_table(page: Page) -> None:
    title = page.locator("#title p")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(title).to_have_text("写一个数字，看看可分离膨胀卷积网络怎样读它。")
    page.get_by_role("button", name="English", exact=True).click()
    expect(title).to_have_text("Draw a digit and see what a separable dilated convolutional network makes of it.")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not page.evaluate(r"/[\u4e00-\u9fff]/.test(document.querySelector('#right').textContent)")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.reload()
    expect(page.locator("#canvas .hint, #reading .bar.top").first).to_be_attached()
    expect(title).to_have_text(re.compile("^Draw a digit"))
    assert [address for address in asked if "language/" in address and not address.endswith("language.js")] == []
    page.goto(page.url.split("#")[0] + "?lang=zh")
    expect(title).to_have_text(re.compile("^写一个数字"))
    assert json.loads(page.evaluate("localStorage.getItem('digitscope.language')"))["value"] == "en"


def test_a_page_saved_in_chinese_speaks_it_without_a_server(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "nano.html"
    file.write_bytes(saved_page(Networks(["nano"]), "nano", [], "zh"))
    page = browser.new_page(offline=True)
    page.goto(file.as_uri())
    expect(page.locator("#reading .verdict")).to_have_text(re.compile("^它读作 5"))
    left = set(left_in_english(page))
    page.locator('#layers canvas[data-layer="stages.0.depthwise"]').click(position={"x": 20, "y": 20})
    expect(page.locator("#layers .cell .title")).to_contain_text("第 1 阶段")
    left |= set(left_in_english(page))
    page.locator('#canvas [data-example="4"]').click()
    page.locator('#canvas [data-do="another"]').click()
    expect(page.locator("#canvas .status")).to_contain_text("种写法")
    left |= set(left_in_english(page))
    page.evaluate("document.querySelector('#layers [data-break=dilations]').click()")
    expect(page.locator("#reading .broken")).to_be_visible()
    assert sorted(left | set(left_in_english(page))) == []
    page.close()
