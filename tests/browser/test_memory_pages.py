"""A technical memory's documents in a browser: they load and run nothing, and shut nobody out, on a telephone too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import memory_pages
import pytest
from axe_playwright_python.sync_playwright import Axe
from memory_pages import HOSTILE
from playwright.sync_api import Browser, Page

NAMES = ("fleet", "outlet")
PHONES = (320, 390)
# What each document draws: load per hour, around a cut, and a map of load or a comparison with the normal day.
PLOTS = 3
# What would have come of a hostile string if it were markup; `a` and `b` are in no document at all.
MARKUP = "script, img, iframe, object, embed, a, b, svg[onload], main [onerror]"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return memory_pages.write(tmp_path_factory.mktemp("memory"))


@pytest.fixture
def width() -> int:
    return 1100


@pytest.fixture
def file(pages: dict[str, Path], name: str) -> Path:
    return pages[name]


@pytest.fixture
def opened(page: Page, width: int) -> Iterator[Page]:
    """The document, which must say and ask for nothing while it is looked at."""
    page.set_viewport_size({"width": width, "height": 800})
    return page


@pytest.mark.parametrize("width", [*PHONES, 1100])
@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_shut_out(opened: Page, name: str, width: int) -> None:
    found = Axe().run(opened).response["violations"]
    assert [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ] == []
    assert opened.locator("html").get_attribute("lang") == "es-MX"
    assert opened.title().startswith("Memoria técnica")


@pytest.mark.parametrize("width", PHONES)
@pytest.mark.parametrize("name", NAMES)
def test_on_a_telephone_the_page_does_not_scroll_sideways(opened: Page, name: str, width: int) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    tables = opened.locator("table")
    assert tables.count() > 5
    # A table that is wider than the page scrolls in a frame of its own, and no word of it is torn into letters.
    for frame in opened.locator(".scroll").all():
        box = frame.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tables.count() == opened.locator(".scroll > table").count()
    assert opened.locator("figure svg").count() == opened.locator(".scroll > svg").count()
    assert torn_words(opened) == []


def torn_words(page: Page) -> list[str]:
    """Return words and numbers of tables that are set on more lines than one."""
    found: list[str] = page.evaluate("""() => {
        const torn = [];
        for (const cell of document.querySelectorAll("thead th, td.r")) {
            const text = cell.firstChild, range = document.createRange();
            for (const word of cell.textContent.matchAll(/[^\\s-]+/g)) {
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1) torn.push(word[0]);
            }
        }
        return torn;
    }""")
    return found


@pytest.mark.parametrize("width", [320, 1100])
@pytest.mark.parametrize("name", NAMES)
def test_each_plot_is_seen_and_says_what_it_is(opened: Page, name: str, width: int) -> None:
    plots = opened.locator("figure svg")
    assert plots.count() == PLOTS
    for plot in plots.all():
        box, frame = plot.bounding_box(), plot.locator("xpath=..").bounding_box()
        # On a telephone it scrolls in its frame: its words would be too small otherwise.
        assert box and frame and box["width"] >= 600 and box["height"] > 60 and frame["width"] <= width
        label = plot.get_attribute("aria-label")
        assert label and plot.get_attribute("role") == "img"
        assert plot.locator("> title").text_content() == label
        assert plot.locator("xpath=ancestor::figure/figcaption").inner_text()
        # There is something drawn: the series, and not axes alone.
        assert plot.locator('polygon, polyline, rect[fill]:not([fill="#ffffff"])').count() > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_hostile_readers_sent_is_text(opened: Page, name: str) -> None:
    told = {"fleet": ("referrer", "outlet", "incident", "comment"), "outlet": tuple(HOSTILE)}[name]
    for kind in told:
        found = opened.get_by_text(HOSTILE[kind])
        assert found.count() > 0, kind
        assert found.first.is_visible(), kind
    assert opened.locator(MARKUP).count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_nothing_and_needs_no_script(browser: Browser, opened: Page, file: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    without = context.new_page()
    without.goto(file.as_uri())
    assert without.locator("main").inner_text() == opened.locator("main").inner_text()
    context.close()
    # Its policy would let none run, if one got in.
    other = browser.new_page()
    other.goto(file.as_uri())
    refused: list[str] = []
    other.on("console", lambda message: refused.append(message.text))
    for attack in ("const s = document.createElement('script'); s.textContent = 'window.ran = 1'",
                   "const s = document.createElement('img'); s.src = 'https://evil.example/x.png'"):  # fmt: skip
        other.evaluate(f"() => {{ {attack}; document.body.append(s); }}")
    assert other.evaluate("window.ran") is None
    assert [sum(word in line for line in refused) for word in ("script", "evil.example")] == [1, 1], refused
    other.close()


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_nothing_is_cut_off(opened: Page, name: str) -> None:
    opened.emulate_media(media="print")
    opened.set_viewport_size({"width": 720, "height": 1000})
    wide = "(one) => one.scrollWidth > one.clientWidth ? [one.innerText.slice(0, 80)] : []"
    assert opened.evaluate(f"[...document.querySelectorAll('.scroll')].flatMap({wide})") == []
