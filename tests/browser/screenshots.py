"""Pictures of a report for the documentation:  screenshots.py compliance.json DIRECTORY"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chromium import started

from prepctl.report import formats, paper, source


def main() -> None:
    report, images = source.read(Path(sys.argv[1])), Path(sys.argv[2])
    words = formats.words_of(report, "es")
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, started() as browser:
        (page_file,) = formats.write(report, ["html"], words, Path(directory))
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(page_file.as_uri())
        page.screenshot(path=images / "report.png")
        page.locator("select[name=state]").select_option("open")
        page.locator("#detalle .group:visible").first.scroll_into_view_if_needed()
        page.locator("#detalle .diffuser").first.screenshot(path=images / "report-detail.png")
    drawn = paper.pages("report.typ", report.model, report.digest, words)
    (images / "report-act.png").write_bytes(drawn[-1])
    for name in ("report.png", "report-detail.png", "report-act.png"):
        print(images / name)


if __name__ == "__main__":
    main()
