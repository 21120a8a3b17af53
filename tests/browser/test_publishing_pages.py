"""Status page, list and drill report in a browser: they load nothing, say nothing and shut nobody out."""

from __future__ import annotations

from pathlib import Path

import publishing_pages
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return publishing_pages.write(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path], name: str, scheme: str) -> Page:
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.on("console", lambda message: pytest.fail(message.text))
    page.on("request", lambda request: request.url.startswith("file:") or pytest.fail(request.url))
    page.goto(pages[name].as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", publishing_pages.PAGES)
def test_nobody_is_shut_out(opened: Page, name: str, scheme: str) -> None:
    # The status page refreshes itself: to show the present is what it is for (WCAG 2.2.1, essential exception).
    found = [one for one in Axe().run(opened).response["violations"] if one["id"] != "meta-refresh"]
    assert [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ] == []
    # On a telephone the page itself does not scroll sideways.
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.close()


@pytest.mark.parametrize(("name", "scheme"), [("status", "light")])
def test_one_glance_tells_which_cut_how_old_and_how_fast(opened: Page, name: str, scheme: str) -> None:
    rows = [row.inner_text().split("\t") for row in opened.locator("table").first.locator("tbody tr").all()]
    assert rows[0] == ["elmural", "20:45", "1 min", "1.4 s", "✓ al día"]
    assert rows[2][4] == "– suspendido por el Instituto"
    assert rows[3] == ["laopinion", "20:30", "16 min", "-", "✗ corte atrasado"]
    opened.close()


@pytest.mark.parametrize(("name", "scheme"), [("list", "light")])
def test_the_list_shows_logos_and_leads_to_the_mirrors(opened: Page, name: str, scheme: str) -> None:
    links = opened.locator("main li a")
    assert [link.get_attribute("href") for link in links.all()][0] == "https://prep.elmural.example/"
    images = opened.locator("main img")
    assert images.count() == 3
    assert all(image.evaluate("one => one.complete && one.naturalWidth > 0") for image in images.all())
    opened.close()
