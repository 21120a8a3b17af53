"""Outlets out of a CSV, as a registration form exports it or a spreadsheet saves it.

UTF-8 with or without BOM, UTF-16, Windows-1252 or Latin-1; commas, semicolons, tabs or bars; headings in Spanish or
English, in any order, with or without accents. Every mistake is said with its row (as a spreadsheet counts: headings
are row 1) and the column's own heading.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from prepctl.enrol.outlet import Outlet, slug
from prepctl.errors import PrepctlError
from prepctl.language import say

DELIMITERS = ";,\t|"
MOST_BYTES = 16 * 1024 * 1024
# Headings, as `_plain` writes them, of what an outlet has once.
HEADINGS = {
    "name": ("name", "difusor", "diffuser", "identificador", "id", "nombre corto", "nombre del difusor"),
    "address": ("address", "ip", "direccion", "direccion ip", "ip publica", "direccion ip publica", "servidor",
                "host", "ansible host", "ip del servidor", "direccion ip del servidor"),
    "port": ("port", "puerto", "puerto ssh", "ssh port"),
    "domain": ("domain", "dominio", "subdominio", "dominio del espejo", "prep domain", "dominio publico"),
    "outlet.name": ("outlet", "medio", "nombre del medio", "institucion", "medio o institucion", "nombre de la "
                    "institucion", "razon social", "outlet name", "nombre"),
    "outlet.kind": ("kind", "tipo", "tipo de medio", "giro"),
    "outlet.portal_urls": ("portal", "portales", "portal urls", "sitio web", "pagina web", "url del portal", "website"),
    "admin_sources": ("admin sources", "direcciones de administracion", "ip de administracion"),
    "fingerprint": ("fingerprint", "huella", "huella ssh", "huella digital ssh", "ssh fingerprint", "host key"),
    "python": ("python", "ansible python interpreter"),
}  # fmt: skip
# Headings of a contact's fields; a stage beside one (`teléfono (simulacros)`, `drills.phone`) makes it that stage's.
CONTACT_HEADINGS = {
    "name": ("contact", "contacto", "contact name", "nombre del contacto", "contacto tecnico", "responsable",
             "responsable tecnico", "nombre del responsable", "name"),
    "post": ("post", "puesto", "cargo"),
    "phone": ("phone", "telefono", "celular", "numero de telefono", "telefono de contacto"),
    "email": ("email", "e mail", "correo", "correo electronico", "direccion de correo electronico", "email address"),
    "hours": ("hours", "horario", "horario de atencion", "horarios"),
}  # fmt: skip
# What forms add by themselves.
IGNORED = ("timestamp", "marca temporal", "submission id", "")
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y")


@dataclass
class Row:
    """One outlet of the file, and the heading that each of its keys came from."""

    number: int
    outlet: Outlet
    columns: dict[str, str] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    """Keys whose cells had something in them."""


@dataclass
class Registration:
    """A file that was read."""

    path: Path
    rows: list[Row]
    encoding: str
    delimiter: str
    mistakes: list[str]
    unread: list[str]
    """Headings that mean nothing here."""


def read(path: Path, call: dict[str, Any]) -> Registration:
    """Read a file.

    :param call: its stages and documents may be headings.
    :raises PrepctlError: it is no CSV, or one without the columns that every outlet needs.
    """
    text, encoding = decode(path)
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\s*", first)
    delimiter = told.group(1) if told else _delimiter(text)
    try:
        table = list(csv.reader(io.StringIO(rest if told else text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise PrepctlError(
            say("{path}: expected a CSV, got something else: {reason}", path=path, reason=problem)
        ) from None
    shift = 2 if told else 1
    while table and not any(cell.strip() for cell in table[0]):
        table.pop(0)
        shift += 1
    if not table:
        raise PrepctlError(say("{path}: expected a row of headings and one for each outlet, got nothing", path=path))
    keys, unread = _keys(path, table[0], call)
    found = Registration(path, [], encoding, delimiter, [], unread)
    for number, cells in enumerate(table[1:], shift + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(keys) and any(cell.strip() for cell in cells[len(keys) :]):
            found.mistakes.append(
                say("{path}: row {row}: expected {wanted} cells, got {got}; is a text with {delimiter} in it not in "
                    "quotes?", path=path.name, row=number, wanted=len(keys), got=len(cells), delimiter=repr(delimiter))
            )  # fmt: skip
            continue
        found.rows.append(_row(path, number, table[0], keys, cells, call, found.mistakes))
    if not found.rows and not found.mistakes:
        raise PrepctlError(say("{path}: expected a row for each outlet, got headings alone", path=path))
    return found


def decode(path: Path) -> tuple[str, str]:
    """(text, encoding) of a file.

    :raises PrepctlError: it can't be read, or is no text.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as problem:
        raise PrepctlError(
            say("{path}: expected a CSV file, it cannot be read: {reason}", path=path, reason=problem.strerror)
        ) from None
    if len(data) > MOST_BYTES:
        raise PrepctlError(say("{path}: expected a CSV of at most {size} MB, got more", path=path, size=16))
    if data.startswith(codecs.BOM_UTF8):
        tries = ["utf-8-sig"]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ["utf-16"]
    else:
        # What is no UTF-8 is what Windows saves in Mexico; Latin-1 reads the five bytes that Windows-1252 lacks.
        tries = ["utf-8", "cp1252", "latin-1"]
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
            break
        return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise PrepctlError(
        say("{path}: expected a CSV, got another kind of file; save the sheet as CSV first", path=path)
    )  # fmt: skip


def _delimiter(text: str) -> str:
    """What separates the headings: the candidate that stands most often outside quotes on the first line."""
    head = re.sub(r'"(?:[^"]|"")*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    return max(DELIMITERS, key=head.count)


def _plain(text: str) -> str:
    """A heading without what people write differently."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def _known_headings(call: dict[str, Any]) -> dict[str, str]:
    """{heading as `_plain` writes it: key}"""
    known = {heading: key for key, headings in HEADINGS.items() for heading in headings}
    for name, headings in CONTACT_HEADINGS.items():
        for heading in headings:
            # "name" alone is the diffuser's.
            known.setdefault(heading, f"contact.{name}")
            for stage in call["stages"]:
                for title in {stage["slug"], *stage["title"].values()}:
                    known[f"{heading} {_plain(title)}"] = known[f"{_plain(title)} {heading}"] = (
                        f"contacts.{stage['slug']}.{name}"
                    )
    for document in call["documents"]:
        for title in {document["slug"], *document["title"].values()}:
            for prefix in ("", "fecha ", "fecha de ", "date of "):
                known.setdefault(prefix + _plain(title), f"documents.{document['slug']}.date")
    return known


def _keys(path: Path, headings: list[str], call: dict[str, Any]) -> tuple[list[str], list[str]]:
    """(the key of each column, empty for those that mean nothing; their headings)"""
    known = _known_headings(call)
    keys: list[str] = []
    unread: list[str] = []
    for number, heading in enumerate(headings, 1):
        plain = _plain(heading)
        key = known.get(plain, "")
        if key and key in keys:
            raise PrepctlError(
                say("{path}: row 1, column {number} ({heading}): expected each column once, {other} means the same",
                    path=path, number=number, heading=heading.strip(), other=headings[keys.index(key)].strip())
            )  # fmt: skip
        if not key and plain not in IGNORED:
            unread.append(heading.strip())
        keys.append(key)
    for needed, what in (("address", "IP"), ("domain", "dominio"), ("outlet.name", "medio")):
        if needed not in keys:
            near = difflib.get_close_matches(_plain(what), [_plain(one) for one in unread], n=1, cutoff=0.6)
            hint = next((one for one in unread if near and _plain(one) == near[0]), "")
            raise PrepctlError(
                say("{path}: row 1: expected a column for {what} (headed {headings}), found none", path=path,
                    what=needed, headings=", ".join(HEADINGS[needed][:4]))
                + (f" ({say('did you mean')} {hint!r}?)" if hint else "")
            )  # fmt: skip
    return keys, unread


def _row(
    path: Path, number: int, headings: list[str], keys: list[str], cells: list[str], call: dict[str, Any],
    mistakes: list[str],
) -> Row:  # fmt: skip
    one = Outlet()
    row = Row(number, one)
    stages = [stage["slug"] for stage in call["stages"]]
    shared: dict[str, str] = {}
    for heading, key, cell in zip(headings, keys, cells, strict=False):
        text = unicodedata.normalize("NFC", cell).replace("\u00a0", " ").strip()
        if not key:
            continue
        row.columns[key] = heading.strip()
        if not text:
            continue
        row.filled.add(key)
        if key in ("name", "address", "domain", "python"):
            setattr(one, key, text.lower().rstrip(".") if key == "domain" else text)
        elif key == "port":
            one.port = int(text) if text.isascii() and text.isdigit() else -1
        elif key in ("outlet.portal_urls", "admin_sources"):
            words = [word for word in re.split(r"[\s,;]+", text) if word]
            if key == "admin_sources":
                one.admin_sources = words
            else:
                one.outlet["portal_urls"] = words
        elif key == "fingerprint":
            one.fingerprints = [word for word in re.split(r"[\s,;]+", text) if word]
        elif key.startswith("outlet."):
            one.outlet[key.partition(".")[2]] = " ".join(text.split())
        elif key.startswith("contact."):
            shared[key.partition(".")[2]] = " ".join(text.split())
        elif key.startswith("contacts."):
            _, stage, name = key.split(".")
            one.contacts.setdefault(stage, {})[name] = " ".join(text.split())
        else:
            date = _date(text)
            one.documents[key.split(".")[1]] = {"date": date or text}
    if not one.name:
        one.name = slug(str(one.outlet.get("name") or "")) or slug(one.domain)
        row.columns.setdefault("name", row.columns.get("outlet.name", ""))
    for stage in stages:
        merged = {**shared, **one.contacts.get(stage, {})}
        if merged:
            one.contacts[stage] = merged
    one.contacts = {stage: one.contacts[stage] for stage in stages if stage in one.contacts}
    return row


def _date(text: str) -> str | None:
    """A day as people write it -> 2027-05-20; a form's own time of day is left out."""
    bare = re.split(r"[ T]", text)[0]
    for style in DATES:
        try:
            return datetime.strptime(bare, style).strftime("%Y-%m-%d")
        except ValueError:
            continue
    return None


def column_of(row: Row, key: str) -> str:
    """The heading that a mistake's key came from, or the one that it would have come from."""
    bare = re.sub(r"\[\d+\]", "", key)
    for prefix, ours in (("prep_outlet", "outlet"), ("prep_contacts", "contacts"), ("prep_documents", "documents"),
                         ("prep_domain", "domain"), ("prep_admin_sources", "admin_sources")):  # fmt: skip
        if bare == prefix or bare.startswith(prefix + "."):
            bare = ours + bare[len(prefix) :]
    candidates = [bare]
    if bare.startswith("contacts."):
        candidates.append("contact." + bare.split(".")[-1])
        # A contact that is wholly missing is told at the first of its columns.
        candidates += [f"contact.{name}" for name in CONTACT_HEADINGS]
    found = [one for one in candidates if one in row.filled] or [one for one in candidates if one in row.columns]
    return row.columns[found[0]] if found else bare
