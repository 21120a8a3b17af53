"""Headless Chromium from the system's package, which reaches nothing but the page that it is given."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright


def program() -> str:
    """The browser's path: Debian's chromium, or what PREP_CHROMIUM names."""
    names = (os.environ.get("PREP_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if not found:
        raise RuntimeError("Chromium is not installed (Debian: apt-get install chromium)")
    return found


@contextlib.contextmanager
def started() -> Iterator[Browser]:
    """The browser, running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
