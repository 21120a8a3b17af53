"""Check a built site without a network:  site_links.py DIRECTORY

Each link to a page or file of the site leads to one that is there, and its anchor to a place on it. Nothing that a
browser loads by itself (script, style, picture, font) comes from elsewhere.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src"}
# Of <link>, those that are only told and never loaded.
TOLD = {"canonical", "next", "prev", "alternate", "author", "license"}
CSS_LOADS = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])((?:https?:)?//[^'")\s]+)""")


class Page(HTMLParser):
    """Links, anchors and what is loaded, of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "__top"}
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and not TOLD & set(given.get("rel", "").split()):
            self.loaded.append(given.get("href", ""))
        if tag in LOADED and given.get(LOADED[tag]):
            self.loaded.append(given[LOADED[tag]])
        self.loaded += CSS_LOADS.findall(given.get("style", ""))


def problems(site: Path) -> list[str]:
    """One line for each broken link or foreign load."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = [] if pages else [f"{site}: expected a built site, found no pages"]
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loaded and parts.scheme != "data":
                    found.append(f"{name}: loads {link} from elsewhere")
                continue
            # The page for addresses that lead nowhere stands at the root of wherever the site is served.
            base = site.resolve() if parts.path.startswith("/") else path.parent
            target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                found.append(f"{name}: {link}: no such file")
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{name}: {link}: no such place there")
    for path in sorted(site.rglob("*.css")):
        for load in CSS_LOADS.findall(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(site)}: loads {load} from elsewhere")
    return found


def main(site: Path) -> int:
    found = problems(site)
    print(
        "\n".join(found)
        or f"{sum(1 for _ in site.rglob('*.html'))} pages: every link leads somewhere, nothing is from elsewhere"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
