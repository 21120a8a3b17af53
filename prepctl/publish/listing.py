"""The list: the public page of the official diffusers (I.7), and what each outlet embeds (I.6).

Only those that the latest report found fit and that are not suspended; the page says nothing of the others.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from prepctl import pages
from prepctl.errors import PrepctlError
from prepctl.incidents import Incidents
from prepctl.publish.mirrors import Inventory, Mirror

FIT = ("APTO", "APTO CON OBSERVACIONES")
# An SVG is shown as an image, so what it may hold is not run.
LOGOS = {".png", ".jpg", ".jpeg", ".webp", ".svg"}
LOGO_BYTES = 1024 * 1024
OWN_STYLE = """
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; padding: 0;
  list-style: none; }
li a { display: flex; flex-direction: column; gap: .75rem; height: 100%; padding: 1.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .25rem; color: inherit; text-decoration: none; }
li a:hover, li a:focus-visible { border-color: currentColor; }
li img { width: 100%; height: 5rem; object-fit: contain; object-position: left; }
li strong { font-size: 1.125rem; } li span { color: var(--soft); overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class Entry:
    """One diffuser: ``left_out`` says why it is not on the page, empty if it is."""

    mirror: Mirror
    left_out: str

    @property
    def outlet(self) -> str:
        return str(self.mirror.outlet.get("name") or self.mirror.domain)

    @property
    def url(self) -> str:
        return f"https://{self.mirror.domain}/"


def entries(known: Inventory, workspace: Path) -> list[Entry]:
    """Return all diffusers, by the outlets' names.

    :raises PrepctlError: there is no report yet.
    """
    verdicts = _verdicts(workspace)
    suspended = Incidents(workspace / "publication").suspended()
    found = []
    for mirror in known.mirrors:
        verdict = verdicts.get(mirror.name, "no report")
        left_out = "" if verdict in FIT else verdict
        if mirror.name in suspended:
            left_out = f"suspended: {suspended[mirror.name].detail}"
        found.append(Entry(mirror, left_out))
    return sorted(found, key=lambda one: (one.outlet.casefold(), one.mirror.name))


def _verdicts(workspace: Path) -> dict[str, str]:
    """Return the latest verdict on each diffuser: a report may be of some of them only."""
    found: dict[str, str] = {}
    paths = sorted((workspace / "reports").glob("*/compliance.json"), key=lambda path: path.stat().st_mtime)
    if not paths:
        raise PrepctlError(f"{workspace / 'reports'}: expected a report, found none; prepctl check makes one")
    for path in paths:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise PrepctlError(f"{path}: expected JSON, found something else") from None
        for one in document.get("diffusers") or []:
            found[str(one.get("name"))] = str(one.get("verdict"))
    return found


def snippet(entry: Entry) -> str:
    """Return what the outlet puts into its portal."""
    title = escape(f"Programa de Resultados Electorales Preliminares, en {entry.outlet}")
    return (
        f'<iframe src="{escape(entry.url)}" title="{title}" width="100%" height="900" loading="lazy"\n'
        '  referrerpolicy="strict-origin-when-cross-origin" style="border:0"></iframe>\n'
    )


def write(known: Inventory, workspace: Path, directory: Path) -> list[Entry]:
    """Write page, logos and snippets; return all diffusers."""
    found = entries(known, workspace)
    shown = [one for one in found if not one.left_out]
    building = directory.with_name(directory.name + ".new")
    shutil.rmtree(building, ignore_errors=True)
    (building / "embed").mkdir(parents=True)
    items = "".join(_item(one, _logo(one, workspace, building)) for one in shown)
    (building / "index.html").write_text(_page(items, known.call), encoding="utf-8")
    for one in found:
        (building / "embed" / f"{one.mirror.name}.html").write_text(snippet(one), encoding="utf-8")
    old = directory.with_name(directory.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if directory.exists():
        directory.rename(old)
    building.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
    return found


def _logo(entry: Entry, workspace: Path, directory: Path) -> str:
    """Copy a logo; return its name, empty without one.

    :raises PrepctlError: it is no image that a browser shows.
    """
    record = entry.mirror.documents.get("logo")
    named = record.get("file") if isinstance(record, dict) else None
    if not named:
        return ""
    path = workspace / str(named)
    where = f"{entry.mirror.name}: prep_documents.logo.file"
    if path.suffix.lower() not in LOGOS:
        raise PrepctlError(f"{where}: expected one of {', '.join(sorted(LOGOS))}, got {path.name}")
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise PrepctlError(f"{where}: {path}: {problem.strerror}") from None
    if len(data) > LOGO_BYTES:
        raise PrepctlError(f"{where}: expected at most {LOGO_BYTES} bytes, got {len(data)}")
    name = hashlib.sha256(data).hexdigest()[:16] + path.suffix.lower()
    (directory / name).write_bytes(data)
    return name


def _item(entry: Entry, logo: str) -> str:
    image = f'<img src="{logo}" alt="">' if logo else ""
    return (
        f'<li><a href="{escape(entry.url)}">{image}<strong>{escape(entry.outlet)}</strong>'
        f"<span>{escape(entry.mirror.domain)}</span></a></li>"
    )


def _page(items: str, call: dict[str, Any]) -> str:
    below = f"<ul>{items}</ul>" if items else "<p>Por el momento no hay difusores en la lista.</p>"
    body = f"""<p>{escape(str(call["institute"]["name"]))}.
Los resultados electorales preliminares se consultan, sin costo, en estos sitios.</p>
{below}"""
    return pages.page("Difusores oficiales del PREP", body, style=OWN_STYLE)


def default_directory(workspace: Path) -> Path:
    """Return where the list is, unless somebody wants it elsewhere."""
    return workspace / "publication" / "list"
