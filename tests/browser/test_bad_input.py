"""Requests that no page of ours would send get one sentence, and the page goes on."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from model.drawing.strokes import MAX_POINTS, MAX_STROKES
from tests.browser.drawing import SEVEN, draw, settle, top

LINE = [[0.2, 0.2], [0.8, 0.8]]

Post = Callable[[bytes], tuple[int, str]]


@pytest.fixture
def own(served_page: Page) -> dict:
    """Address and body of a request of the page's own."""
    with served_page.expect_request("**/component_server/**") as caught:
        draw(served_page, SEVEN)
    return {"url": caught.value.url, "body": caught.value.post_data_json}


@pytest.fixture
def post(served_page: Page, own: dict) -> Post:
    """post(body) -> (status, text) where the page's own requests go; afterwards, the page has to read as ever."""

    def post(body: bytes) -> tuple[int, str]:
        request = urllib.request.Request(own["url"], body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    yield post
    settle(served_page)
    draw(served_page, [[(0.4, 0.5), (0.6, 0.5)]])
    settle(served_page)
    expect(top(served_page)).to_have_text("7")


def sentence(own: dict, post: Post, **fields: object) -> str:
    """The error in the answer to the page's own request with other fields."""
    status, text = post(json.dumps({**own["body"], "data": {**own["body"]["data"], **fields}}).encode())
    assert status == 200
    assert "Traceback" not in text
    return json.loads(text)["error"]


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        (None, "list of strokes"),
        ("{", "not valid JSON"),
        ("[[[0.5, NaN]]]", "NaN"),
        ([[]], "no ink"),
        ([["a"]], "A point is a list"),
        ([[[0.5, 1e9]]], "far outside"),
        ([[[0.5, True]]], "numbers only"),
        ([[[0.5, 0.5]] * 100_000], f"at most {MAX_POINTS:,}"),
        ([LINE] * 10_000, f"at most {MAX_STROKES:,}"),
    ],
    ids=[
        "null",
        "half",
        "nan",
        "no ink",
        "text",
        "outside",
        "bool",
        "100,000 points",
        "ten thousand strokes",
    ],
)
def test_an_invalid_drawing_gets_one_sentence(own: dict, post: Post, drawing: object, says: str) -> None:
    answer = sentence(own, post, drawing=drawing)
    assert says in answer
    assert answer.endswith(".")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"network": "nobody"}, "no network of that name"),
        ({"network": "../../etc/passwd"}, "no network of that name"),
        ({"network": ["base"]}, "network"),
        ({"parts": {"nonsense": {}}}, "parts of an answer"),
        ({"parts": ["nonsense"]}, "parts of an answer"),
    ],
    ids=["network", "path", "type of network", "part", "type of parts"],
)
def test_a_request_for_something_missing_gets_one_sentence(own: dict, post: Post, fields: dict, says: str) -> None:
    assert says in sentence(own, post, **fields)


def test_an_invalid_body_is_refused(post: Post) -> None:
    odd = [b"", b"{", b"null", b'{"data": 5}', b'{"data": NaN}', b'{"data": 1e999}', b"[" * 100_000, b"\xff\xfe"]
    for body in odd:
        status, text = post(body)
        assert status >= 400, body[:20]
        assert "Traceback" not in text
