"""The report's page in a real browser: filters, links, evidence, no request, nothing that shuts a reader out."""

from __future__ import annotations

from pathlib import Path

import example_reports as examples
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

CONTROLS = "article.control:visible"
ROWS = ".matrix tr[data-state]:visible"


def choose(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"select[name={name}]").select_option(value)


def test_everything_is_shown_at_first(page: Page) -> None:
    summary = examples.brief()["summary"]
    assert page.locator(CONTROLS).count() == 3 * summary["controls"]
    assert page.locator(ROWS).count() == summary["controls"]
    assert str(3 * summary["controls"]) in page.locator(".filter output").inner_text()


@pytest.mark.parametrize(
    "state", ["pass", "fail", "error", "no_evidence", "unreachable", "waived", "attested", "disputed"]
)
def test_filter_by_state(page: Page, state: str) -> None:
    choose(page, state=state)
    shown = page.locator(CONTROLS)
    assert shown.count() == page.locator(f"article.control .s-{state}").count() > 0
    assert page.locator(f"article.control:visible > .state:not(.s-{state})").count() == 0
    assert page.locator(ROWS).count() == page.locator(f".matrix tr:has(.s-{state})").count()
    assert page.locator(".filter output").inner_text().count(str(shown.count())) >= 1


def test_filter_by_what_is_to_attend_to_clause_and_severity_together(page: Page) -> None:
    choose(page, state="open")
    waiting = page.locator(CONTROLS).count()
    assert 0 < waiting == page.locator("article.control .remedy").count()
    choose(page, clause="II.2")
    in_clause = page.locator(CONTROLS)
    assert 0 < in_clause.count() < waiting
    assert all("II.2" in text for text in in_clause.locator(".meta").first.all_inner_texts())
    choose(page, severity="recommended")
    assert page.locator("article.control:visible[data-severity=required]").count() == 0
    # Nothing stays as a heading over nothing.
    assert page.locator(".group-title:visible").count() == page.locator(".group:has(article:visible)").count()
    choose(page, state="", clause="", severity="")
    assert page.locator(CONTROLS).count() == 3 * examples.brief()["summary"]["controls"]


def test_a_link_arrives_at_what_a_filter_hides(page: Page) -> None:
    choose(page, state="fail")
    page.locator(".clauses a").first.click()
    target = page.locator("article.control").first
    target.wait_for(state="visible")
    assert page.locator(CONTROLS).count() == 3 * examples.brief()["summary"]["controls"]


def test_evidence_is_behind_a_click(page: Page) -> None:
    details = page.locator("details").first
    assert not details.locator("figure").first.is_visible()
    details.locator("summary").click()
    assert details.locator("figure").first.is_visible()


@pytest.mark.parametrize(("lang", "width"), [("es", 1280), ("en", 390)])
def test_nobody_is_shut_out(page: Page, width: int) -> None:
    """No violation that axe-core calls serious or critical, with every piece of evidence open."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ] == []


def test_it_prints_without_controls_and_with_signatures(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden() and page.locator(".filter").is_hidden()
    assert page.locator(".signatures").is_visible()


def test_without_scripts_it_can_still_be_read(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(CONTROLS).count() == 3 * examples.brief()["summary"]["controls"]
    assert page.locator(".filter").is_hidden()
    context.close()


def test_a_request_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    """The counter of requests counts: the same page with an image in it asks for it."""
    (tmp_path / "page.html").write_text("<img src='x.png'>")
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())
    assert len(asked) == 2
    page.close()
