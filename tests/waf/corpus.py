"""Honest requests and attacks, as data beside this file, and what it takes to send one.

By hand, from an address that is never banned::

    python tests/waf/corpus.py 203.0.113.7 [--paranoia 2]

prints how many of each class were refused, and every request that was judged wrongly.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
HOST = "prep.elmural.example"
HONEST = "honest"
# What a reader may get: the file, a piece of it, nothing new, no such file, no such piece.
SERVED = {200, 204, 206, 304, 404, 416}
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:101.0) Gecko/20100101 Firefox/101.0",
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Language": "es-MX",
}


@dataclasses.dataclass(frozen=True)
class Request:
    """One request as it goes over the wire, and what is expected of it."""

    group: str
    name: str
    raw: bytes
    from_level: int = 1


@dataclasses.dataclass(frozen=True)
class Answer:
    """A request with the status that came back; 0 when the connection was closed without one."""

    request: Request
    status: int

    @property
    def refused(self) -> bool:
        """Whether the server gave nothing of what was asked for."""
        return self.status not in SERVED


def _raw(entry: dict[str, Any], headers: dict[str, str | None]) -> bytes:
    """Return the bytes of a request; a header that is null is left out."""
    version = entry.get("version", "HTTP/1.1")
    body = str(entry.get("body", "")).encode()
    fields: dict[str, str | None] = {}
    if version != "HTTP/1.0":
        fields |= {"Host": HOST, "Connection": "close"}
    if body:
        fields["Content-Length"] = str(len(body))
    fields |= headers
    path = entry["path"].replace("LONG", "a" * entry.get("long", 0))
    lines = [f"{entry.get('method', 'GET')} {path} {version}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode() + body


def honest(more: tuple[str, ...] = ()) -> Iterator[Request]:
    """Every path, and more of them, as every client asks for it, then the singles."""
    data = yaml.safe_load((HERE / "honest.yml").read_text(encoding="utf-8"))
    for client, headers in data["clients"].items():
        for path in (*data["paths"], *more):
            yield Request(HONEST, f"{client} {path}", _raw({"path": path}, headers))
    for entry in data["singles"]:
        yield Request(HONEST, entry["name"], _raw(entry, entry.get("headers", {})))


def attacks(file: Path = HERE / "attacks.yml") -> Iterator[Request]:
    """Every attack of a file, as an ordinary browser would carry it."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    for group, entries in data.items():
        for entry in entries:
            headers = BROWSER | entry.get("headers", {})
            yield Request(group, entry["name"], _raw(entry, headers), entry.get("from_level", 1))


def send(request: Request, address: str, port: int = 80, timeout: float = 15.0) -> Answer:
    """Send one request on a connection of its own."""
    try:
        with socket.create_connection((address, port), timeout) as connection:
            connection.sendall(request.raw)
            head = b""
            while b"\r\n" not in head and (piece := connection.recv(4096)):
                head += piece
    except (ConnectionResetError, BrokenPipeError):
        head = b""
    words = head.split(b"\r\n", 1)[0].split()
    return Answer(request, int(words[1]) if len(words) > 1 and words[1].isdigit() else 0)


def send_all(requests: Iterator[Request], address: str, port: int = 80) -> list[Answer]:
    """Send them, a few at a time; answers in the requests' order."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda request: send(request, address, port), requests))


def wrong(answers: list[Answer], paranoia: int) -> list[str]:
    """Return one line for each honest request refused and each attack let through."""
    found = []
    for answer in answers:
        request = answer.request
        missed = not answer.refused and request.from_level <= paranoia
        if answer.refused if request.group == HONEST else missed:
            first = request.raw.split(b"\r\n", 1)[0].decode(errors="replace")
            found.append(f"{request.group}: {request.name}: {answer.status}: {first[:160]}")
    return found


def summary(answers: list[Answer]) -> dict[str, tuple[int, int]]:
    """{class: (refused, sent)}."""
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    for answer in answers:
        counts[answer.request.group][0] += answer.refused
        counts[answer.request.group][1] += 1
    return {group: (refused, sent) for group, (refused, sent) in counts.items()}


def main() -> int:
    """Send both sets to an address and say what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--paranoia", type=int, default=2)
    options = parser.parse_args()
    answers = send_all(honest(), options.address, options.port) + send_all(attacks(), options.address, options.port)
    for group, (refused, sent) in summary(answers).items():
        print(f"{group:24} {refused:5} of {sent:5} refused")
    mistakes = wrong(answers, options.paranoia)
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
