"""What one look at a mirror's page makes a browser fetch, and how much that is on the line."""

from __future__ import annotations

import gzip
import http.client
import ssl
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.publish.mirrors import Mirror
from prepctl.publish.reader import TIMEOUT_S, HttpsTo

FILE_BYTES, MOST_FILES = 32 << 20, 100
# As a browser asks: what is compressed on the way counts compressed.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 13; SM-A135M) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "es-MX,es;q=0.9",
    "Accept-Encoding": "gzip",
}
# Elements whose file a browser fetches by itself, and the attribute that names it.
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}
LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}


@dataclass(frozen=True)
class Page:
    """One look: the paths fetched, and their bytes on the line, headers included."""

    paths: tuple[str, ...]
    weight: int


class _Files(HTMLParser):
    """Collects the files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See one element."""
        said = {name: value or "" for name, value in attrs}
        name = said.get(FETCHED.get(tag, ""), "")
        if name and (tag != "link" or LINKS & set(said.get("rel", "").lower().split())):
            self.found.append(name)


def weigh(mirror: Mirror, start: str = "/", scheme: str = "https") -> Page:
    """Fetch a page and what it names on the same site.

    :raises PrepctlError: the mirror does not answer as a web server does.
    """
    connection = (
        HttpsTo(mirror) if scheme == "https" else http.client.HTTPConnection(mirror.address, mirror.http, TIMEOUT_S)
    )
    weight, taken = 0, list[str]()
    try:
        wanted = [start]
        while wanted and len(taken) < MOST_FILES:
            path = wanted.pop(0)
            connection.request("GET", path, headers={"Host": mirror.domain, **HEADERS})
            answer = connection.getresponse()
            body = answer.read(FILE_BYTES + 1)
            if len(body) > FILE_BYTES:
                raise PrepctlError(f"{mirror.name}: {path}: more than {FILE_BYTES} bytes")
            if answer.status != 200:
                if path == start:
                    raise PrepctlError(f"{mirror.name}: {path}: expected 200, got HTTP {answer.status}")
                continue
            taken.append(path)
            weight += len(body) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 17
            if path == start:
                wanted = _files(body, answer.getheader("Content-Encoding"), mirror.domain, start)
    except (OSError, http.client.HTTPException, ssl.SSLError) as problem:
        said = f"{mirror.name}: no answer from {mirror.address}: {problem or type(problem).__name__}"
        raise PrepctlError(said, ExitCode.UNREACHABLE) from None
    finally:
        connection.close()
    return Page(tuple(taken), weight)


def _files(body: bytes, encoding: str | None, domain: str, start: str) -> list[str]:
    """Paths that a page has fetched from its own site, each once."""
    if encoding == "gzip":
        body = gzip.decompress(body)
    parser = _Files()
    parser.feed(body.decode("utf-8", "replace"))
    paths = []
    for name in parser.found:
        parts = urlsplit(urljoin(f"https://{domain}{start}", name))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        # A path with anything odd in it is no argument for another program.
        if parts.hostname == domain and path not in paths and path.isascii() and path.isprintable() and " " not in path:
            paths.append(path)
    return paths
