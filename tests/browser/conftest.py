"""The report's page, opened in a browser that tells all that it says and asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import report_html
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "report"))
import example_reports as examples  # noqa: E402


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.started() as browser:
        yield browser


@pytest.fixture
def lang() -> str:
    """The page's language, unless a test asks for both."""
    return "es"


@pytest.fixture
def file(lang: str, tmp_path: Path) -> Path:
    """A report's page: every state, decisions, notices, restores, since when."""
    model = examples.brief()
    history = {
        one["name"]: {entry["control"]: {"since": "2026-11-20T04:00:00Z", "runs": 3} for entry in one["results"]}
        for one in model["diffusers"]
    }
    path = tmp_path / "compliance.html"
    path.write_text(report_html.render(model, "0" * 64, Words(lang), history), encoding="utf-8")
    return path


class Told:
    """What the page did that it should not do."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.requests: list[str] = []


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def page(browser: Browser, file: Path, told: Told) -> Iterator[Page]:
    """The page, opened; at the end it must have said and asked for nothing."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: told.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.said.append(str(error)))
    page.on("request", lambda request: told.requests.append(request.url))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert told.said == []
    assert told.requests == [file.as_uri()]
