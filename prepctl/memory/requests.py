"""What a request asks for: a page, data, a part of a page, or none of these."""

from __future__ import annotations

PAGE, DATA, PART, OTHER = range(4)
KINDS = ("page", "data", "part", "other")
# Documents that a person reads. JSON is what a page loads by itself, as often as it likes: never a page.
_PAGES = {b"", b"html", b"htm", b"xhtml", b"shtml", b"php", b"asp", b"aspx", b"jsp"}
_DATA = {b"json", b"csv", b"xml", b"txt", b"zip", b"gz", b"pdf", b"xls", b"xlsx", b"ods", b"sig", b"webmanifest"}
# Answers that put a page before a reader: sent, or still good where it is.
SHOWN = (200, 304)
MOST = 300


def classify(request: bytes) -> tuple[int, bytes]:
    """Return the kind of a request's line and its path, without query."""
    words = request.split(b" ")
    if len(words) < 2 or not words[1]:
        return OTHER, request[:MOST]
    method, path = words[0], words[1]
    if path[:1] != b"/":
        scheme, mark, rest = path.partition(b"://")
        path = b"/" + rest.partition(b"/")[2] if mark and scheme.isalpha() else path
    path = path.partition(b"?")[0].partition(b"#")[0].partition(b";")[0][:MOST]
    if method != b"GET" or path[:1] != b"/":
        return OTHER, path
    name = path.rpartition(b"/")[2]
    ending = name.rpartition(b".")[2].lower() if b"." in name else b""
    if ending in _PAGES:
        return PAGE, path
    return (DATA if ending in _DATA else PART), path
