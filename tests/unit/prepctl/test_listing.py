"""The public list has who is fit and not suspended, and nothing of the others; each outlet gets its snippet."""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from prepctl.errors import PrepctlError
from prepctl.incidents import Incidents
from prepctl.publish import listing
from prepctl.publish.mirrors import Inventory, Mirror

CALL = {"institute": {"name": "Instituto & más"}}


def mirror(name: str, outlet: str, logo: str | None = None) -> Mirror:
    documents = {"logo": {"date": "2022-05-25", **({"file": logo} if logo else {})}}
    made = {"name": outlet, "portal_urls": [f"https://www.{name}.example"]}
    return Mirror(name, "192.0.2.1", f"prep.{name}.example", "iepc", "secreto", outlet=made, documents=documents)


class Page(HTMLParser):
    """The links and images of a page, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[str] = []
        self.text = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links += [str(values["href"])] if tag == "a" else []
        self.images += [str(values["src"])] if tag == "img" else []

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return one with reports: of four diffusers, and later of one of them."""
    first = {"uno": "APTO", "dos": "APTO CON OBSERVACIONES", "tres": "NO APTO", "cuatro": "APTO"}
    for number, verdicts in enumerate((first, {"cuatro": "NO CONCLUYENTE"})):
        path = tmp_path / f"reports/{number}/compliance.json"
        path.parent.mkdir(parents=True)
        diffusers = [{"name": name, "verdict": verdict} for name, verdict in verdicts.items()]
        path.write_text(json.dumps({"diffusers": diffusers}))
        os.utime(path, (1000 + number, 1000 + number))
    return tmp_path


@pytest.fixture
def known(workspace: Path) -> Inventory:
    (workspace / "logo.svg").write_text("<svg/>")
    names = {"uno": "Radio «Sierra» & Hijos", "dos": "El <b>Mural</b>", "tres": "Otro", "cuatro": "Cuatro"}
    mirrors = [mirror(name, outlet, "logo.svg" if name == "uno" else None) for name, outlet in names.items()]
    return Inventory(mirrors, CALL, 0, 0, [])


def test_who_is_on_the_page(workspace: Path, known: Inventory) -> None:
    found = listing.write(known, workspace, workspace / "list")
    left = {one.mirror.name: one.left_out for one in found}
    assert left == {"uno": "", "dos": "", "tres": "NO APTO", "cuatro": "NO CONCLUYENTE"}
    page = Page(workspace / "list/index.html")
    assert page.links == ["https://prep.dos.example/", "https://prep.uno.example/"]
    assert "El <b>Mural</b>" in page.text and "Radio «Sierra» & Hijos" in page.text
    assert "Otro" not in page.text
    (logo,) = page.images
    assert (workspace / "list" / logo).read_text() == "<svg/>"


def test_who_is_suspended_is_off_until_resumed(workspace: Path, known: Inventory) -> None:
    Incidents(workspace / "publication").open("dos", "suspended", "revisión", {})
    found = listing.write(known, workspace, workspace / "list")
    assert [one.left_out for one in found if one.mirror.name == "dos"] == ["suspended: revisión"]
    assert Page(workspace / "list/index.html").links == ["https://prep.uno.example/"]
    Incidents(workspace / "publication").close("dos", "suspended")
    listing.write(known, workspace, workspace / "list")
    assert len(Page(workspace / "list/index.html").links) == 2


def test_the_snippet_frames_the_mirror(workspace: Path, known: Inventory) -> None:
    listing.write(known, workspace, workspace / "list")
    text = (workspace / "list/embed/uno.html").read_text()
    assert '<iframe src="https://prep.uno.example/"' in text
    assert "Radio «Sierra» &amp; Hijos" in text


@pytest.mark.parametrize(("name", "size", "said"), [("logo.html", 1, "expected one of"), ("no.png", 0, "No such file"),
                                                    ("logo.png", 2_000_000, "at most")])  # fmt: skip
def test_what_is_no_logo(workspace: Path, known: Inventory, name: str, size: int, said: str) -> None:
    if size:
        (workspace / name).write_bytes(b"x" * size)
    bad: dict[str, Any] = {"logo": {"file": name}}
    known.mirrors[0].documents.clear()
    known.mirrors[0].documents.update(bad)
    with pytest.raises(PrepctlError, match=f"uno: prep_documents.logo.file: .*{said}"):
        listing.write(known, workspace, workspace / "list")


def test_without_a_report_there_is_no_list(tmp_path: Path, known: Inventory) -> None:
    with pytest.raises(PrepctlError, match="expected a report"):
        listing.write(known, tmp_path / "empty", tmp_path / "list")
