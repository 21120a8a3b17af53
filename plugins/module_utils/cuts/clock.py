# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The cut's clock, out of everything in a published tree that carries it.

A cut says its hour several times: in the name of its zip, in the head of each CSV (also of those
inside a zip), in the JSON that the pages load, on the page. What arrived in halves says two hours,
so all that is found has to agree.

Pure functions over names and bytes; reading files is the caller's part.
"""

from __future__ import absolute_import, division, print_function

import io
import re
import zipfile

__metaclass__ = type

# A clock stands in the first lines; what follows is thousands of rows.
HEAD_BYTES = 64 * 1024
HEAD_LINES = 40
# More CSVs than these in one zip are no cut of the PREP.
ZIP_MEMBERS = 200
MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip

_ZIP_NAME = re.compile(r"(?:^|/)(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)_PREP(?:_[A-Za-z0-9]+)*\.zip$")
_TIME = r"(\d{1,2}):(\d{2})(?::\d{2})?"
_OFFSET = r"(?:\s*(?:h|hrs?|horas)?\.?\s*\(?\s*UTC\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\s*\)?)?"
_YEAR_FIRST = re.compile(r"^(\d{4})[/-](\d{1,2})[/-](\d{1,2})\s+" + _TIME + _OFFSET + "$", re.I)
_DAY_FIRST = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4})\s+" + _TIME + _OFFSET + "$", re.I)
_SPOKEN = re.compile(
    r"^(\d{1,2})\s+(?:de\s+)?(" + "|".join(MONTHS) + r")\s+(?:de\s+|del\s+)?(\d{4})\W+"
    + _TIME + r"\s*(?:h|hrs?|horas)?\.?" + _OFFSET + "$",
    re.I,
)  # fmt: skip
_JSON_HOUR = re.compile(br'"horaCorte"\s*:\s*"([^"]{1,60})"')
_JSON_DAY = re.compile(br'"fechaCorte"\s*:\s*"([^"]{1,60})"')
_JSON_TEST = re.compile(br'"cortePrueba"\s*:\s*"?(true|false)\b', re.I)
_JSON_ZIP = re.compile(br'"archivoCorte"\s*:\s*"([^"]{1,200})"')
# "Ultimo corte", then within a few words of the page the day and the hour.
_TAG = re.compile(br"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.I | re.S)
_LAST_CUT = re.compile(r"\b(?:\xdaltimo|\xfaltimo|&uacute;ltimo|&Uacute;ltimo|ultimo)\s+corte\b", re.I | re.U)
_ON_SCREEN = re.compile(
    r"(\d{1,2}\s+(?:de\s+)?(?:" + "|".join(MONTHS) + r")\s+(?:de\s+|del\s+)?\d{4})\W+(?:tiempo del centro\W+)?("
    + _TIME + r"(?:\s*h)?(?:\s*\(?UTC\s*[+-]\s*\d{1,2}\)?)?)",
    re.I,
)  # fmt: skip


class Clock(object):
    """A wall clock to the minute, with the offset from UTC where the carrier says it."""

    def __init__(self, year, month, day, hour, minute, offset=None):
        parts = tuple(int(part) for part in (year, month, day, hour, minute))
        year, month, day, hour, minute = parts
        if not (2000 <= year < 2200 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60):
            raise ValueError("no date and time: %s-%s-%s %s:%s" % parts)
        self.parts = parts
        self.offset = offset

    @property
    def wall(self):
        """As people write it: 2022-06-05 20:15."""
        return "%04d-%02d-%02d %02d:%02d" % self.parts

    def __repr__(self):
        return self.wall if self.offset is None else "%s (UTC%s)" % (self.wall, offset_text(self.offset))


class Carrier(object):
    """One place that says the clock, or whether the cut is a test."""

    def __init__(self, path, kind, clock=None, test=None):
        self.path, self.kind, self.clock, self.test = path, kind, clock, test

    def __repr__(self):
        return "%s (%s)" % (self.path, self.kind)


class Disagreement(ValueError):
    """Carriers say different things, or none says anything: one line for a person."""


def offset_text(minutes):
    """-300 -> "-05:00"."""
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return "%s%02d:%02d" % (sign, minutes // 60, minutes % 60)


def parse_clock(text):
    """A clock in any of the ways in which a PREP writes it; None for other text."""
    text = " ".join(text.replace(u"\xa0", " ").strip(" \t\"'|,;=").split())
    for pattern, order in ((_YEAR_FIRST, (0, 1, 2)), (_DAY_FIRST, (2, 1, 0)), (_SPOKEN, (2, 1, 0))):
        found = pattern.match(text)
        if not found:
            continue
        groups = found.groups()
        year, month, day = (groups[index] for index in order)
        if not month.isdigit():
            month = MONTHS.index(month.lower()) + 1
        try:
            return Clock(year, month, day, groups[3], groups[4], _offset(*groups[5:8]))
        except ValueError:
            return None
    return None


def _offset(sign, hours, minutes):
    if not hours:
        return None
    total = int(hours) * 60 + int(minutes or 0)
    return -total if sign == "-" else total


def from_zip_name(path):
    """The clock in a zip's name (20190603_0547_PREP_DIP_QROO.zip); None for another name."""
    found = _ZIP_NAME.search(path)
    try:
        return Clock(*found.groups()) if found else None
    except ValueError:
        return None


def from_csv(head):
    """The clock in the first bytes of a CSV; None if it has none there.

    It is found by what it looks like: a ``sep=`` line may stand before it or not, fields may be
    separated by ``|`` or ``,``, the text be UTF-8 with or without a mark, or Latin-1.
    """
    for line in _text(head).splitlines()[:HEAD_LINES]:
        clock = parse_clock(line)
        if clock:
            return clock
        if "CLAVE_" in line.upper():
            return None  # the rows' own columns: there are times below, of each acta
    return None


def from_json(path, data):
    """Carriers in a JSON document: its hour, its day, the zip that it names, whether it is a test."""
    found = []
    for hour, day in _pairs(_JSON_HOUR.findall(data), _JSON_DAY.findall(data)):
        clock = parse_clock("%s %s" % (_text(day), _text(hour)))
        if clock is None:
            raise Disagreement(
                "%s: expected fechaCorte and horaCorte with a date and an hour, found %s and %s"
                % (path, _shown(day), _shown(hour))
            )
        found.append(Carrier(path, "fechaCorte, horaCorte", clock))
    for name in sorted(set(_JSON_ZIP.findall(data))):
        clock = from_zip_name(_text(name))
        if clock:
            found.append(Carrier(path, "archivoCorte", clock))
    for flag in sorted(set(word.lower() for word in _JSON_TEST.findall(data))):
        found.append(Carrier(path, "cortePrueba", test=flag == b"true"))
    return found


def from_page(data):
    """The clock that a page shows beside the words "Ultimo corte"; None if it shows none."""
    text = " ".join(_text(_TAG.sub(b" ", data)).replace(u"\xa0", " ").replace("&nbsp;", " ").split())
    for start in _LAST_CUT.finditer(text):
        found = _ON_SCREEN.search(text[start.end() : start.end() + 200])
        if found:
            return parse_clock("%s %s" % (found.group(1), found.group(2)))
    return None


def carriers(path, read):
    """All that one file of a tree says of the clock.

    :arg path: relative to the tree
    :arg read: function(limit or None) -> the file's bytes, or its first ``limit``
    :raises Disagreement: it is broken, or has a clock that can't be read
    """
    lower = path.lower()
    if lower.endswith(".zip"):
        return _in_zip(path, read)
    if lower.endswith(".csv"):
        clock = from_csv(read(HEAD_BYTES))
        return [Carrier(path, "head of the CSV", clock)] if clock else []
    if lower.endswith(".json"):
        return from_json(path, read(None))
    if lower.endswith((".html", ".htm")):
        clock = from_page(read(None))
        return [Carrier(path, "page", clock)] if clock else []
    return []


def _in_zip(path, read):
    named = from_zip_name(path)
    found = [Carrier(path, "name of the zip", named)] if named else []
    try:
        with zipfile.ZipFile(io.BytesIO(read(None))) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
            for member in members[:ZIP_MEMBERS]:
                with archive.open(member) as stream:
                    clock = from_csv(stream.read(HEAD_BYTES))
                if clock:
                    found.append(Carrier("%s:%s" % (path, member.filename), "head of the CSV", clock))
    except Exception as problem:  # zipfile raises half a dozen kinds for what was cut off
        raise Disagreement("%s: expected a whole zip, found one that can't be read: %s" % (path, problem))
    return found


def agreed(found):
    """The one clock of all carriers.

    :returns: (Clock, True | False | None: whether they say that it is a test)
    :raises Disagreement: they say two, or none
    """
    with_clock = [one for one in found if one.clock]
    if not with_clock:
        raise Disagreement(
            "expected the cut's clock in a zip's name (AAAAMMDD_HHMM_PREP.zip), the head of a CSV or a JSON's "
            "fechaCorte and horaCorte, found none"
        )
    # What a person trusts first: the zip's name, else what most say, and of two halves the later.
    reference = next((one for one in with_clock if one.kind == "name of the zip"), None) or _most_common(with_clock)
    for one in with_clock:
        if one.clock.parts != reference.clock.parts:
            raise Disagreement(
                "%s: expected %s, as %s says, found %s" % (one, reference.clock.wall, reference, one.clock.wall)
            )
    offsets = [one for one in with_clock if one.clock.offset is not None]
    for one in offsets:
        if one.clock.offset != offsets[0].clock.offset:
            raise Disagreement(
                "%s: expected UTC%s, as %s says, found UTC%s"
                % (one, offset_text(offsets[0].clock.offset), offsets[0], offset_text(one.clock.offset))
            )
    tests = [one for one in found if one.test is not None]
    for one in tests:
        if one.test != tests[0].test:
            words = {True: "true", False: "false"}
            raise Disagreement(
                "%s: expected %s, as %s says, found %s" % (one, words[tests[0].test], tests[0], words[one.test])
            )
    clock = Clock(*reference.clock.parts, **{"offset": offsets[0].clock.offset if offsets else None})
    return clock, (tests[0].test if tests else None)


def _most_common(found):
    counts = {}
    for one in found:
        counts[one.clock.parts] = counts.get(one.clock.parts, 0) + 1
    return max(found, key=lambda one: (counts[one.clock.parts], one.clock.parts))


def _pairs(hours, days):
    """Each hour with its day; one that lacks the other is no clock of a cut."""
    return sorted(set(zip(hours, days)))  # noqa: B905 (Python 2.7)


def _text(data):
    """Text of bytes in UTF-8, with or without a mark, else in Latin-1."""
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as problem:
            # A head that was cut within a character is UTF-8 still.
            if problem.start >= len(data) - 3:
                return data[: problem.start].decode(encoding)
    return u""


def _shown(data):
    return '"%s"' % _text(data)
