"""One line of a log at a time: Apache's common, combined and vhost logs, what role apache adds to them, and JSON.

Slower than ``fast`` and more patient: escaped quotation marks, users with blanks, fields of an outlet's own behind
the agent, the reader's address behind a CDN.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from prepctl.memory import clock
from prepctl.memory.batch import NO_NUMBER, Row

_TEXT = rb'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rb"(?P<front>.+? )\[(?P<stamp>[^\]\[]{26})\] "
    + _TEXT.replace(b"(", b"(?P<request>", 1)
    + rb" (?P<status>[0-9]{3}) (?P<size>[0-9]{1,18}|-)"
    + rb"(?: "
    + _TEXT.replace(b"(", b"(?P<referer>", 1)
    + rb" "
    + _TEXT.replace(b"(", b"(?P<agent>", 1)
    + rb"(?P<rest>.*))?\Z",
    re.DOTALL,
)
_REST = re.compile(rb" " + _TEXT + rb" https? ([0-9]{1,18}) ([0-9]{1,18}) ([0-9]{1,18}) [0-9]{13}\Z")
_FORWARDED = re.compile(rb' "([0-9a-fA-F:., ]*[.:][0-9a-fA-F:., ]*)"')
# The longest line that is looked at; Apache's own limits keep well below.
MOST_BYTES = 65536

# What others call it in a JSON log.
_NAMES = {
    "address": (
        "remote_addr",
        "remote_ip",
        "client_ip",
        "clientip",
        "client",
        "remoteIP",
        "remote_host",
        "host_ip",
        "a",
        "h",
    ),
    "forwarded": ("http_x_forwarded_for", "x_forwarded_for", "forwarded_for", "xff", "X-Forwarded-For"),
    "time": ("time", "timestamp", "@timestamp", "time_local", "time_iso8601", "t"),
    "request": ("request", "request_line", "r"),
    "method": ("method", "request_method", "verb"),
    "path": ("uri", "path", "request_uri", "url"),
    "status": ("status", "response", "code", "s"),
    "size": ("bytes", "size", "body_bytes_sent", "response_bytes", "b"),
    "referer": ("referer", "referrer", "http_referer", "http_referrer"),
    "agent": ("user_agent", "agent", "http_user_agent", "useragent", "userAgent"),
    "micros": ("duration_us", "time_us", "micros", "D"),
    "sent": ("bytes_sent", "bytes_out", "O"),
    "received": ("bytes_received", "bytes_in", "I"),
}

Ranges = tuple["ipaddress.IPv4Network | ipaddress.IPv6Network", ...]


def parse(line: bytes, cdn: Ranges = ()) -> Row | None:
    """Return a line's row, or None if it is none.

    :param cdn: whose word about a reader's address is believed.
    """
    if len(line) > MOST_BYTES:
        return None
    if line[:1] == b"{":
        return _json(line, cdn)
    found = _LINE.match(line)
    if not found:
        return None
    epoch = clock.epoch(found["stamp"])
    if epoch is None:
        return None
    size = 0 if found["size"] == b"-" else int(found["size"])
    rest = found["rest"] or b""
    address = who(found["front"])
    extended = _REST.match(rest)
    numbers = [int(extended[number]) for number in (2, 3, 4)] if extended else [NO_NUMBER] * 3
    if cdn and not extended:
        forwarded = _FORWARDED.match(rest)
        if forwarded:
            address = real(address, forwarded[1], cdn)
    referer, agent = found["referer"], found["agent"]
    return Row(
        address,
        found["request"],
        b"-" if referer is None else referer,
        b"-" if agent is None else agent,
        epoch,
        int(found["status"]),
        size,
        *numbers,
    )


def who(front: bytes) -> bytes:
    """The address at a line's front: `1.2.3.4 - - `, or after a virtual host `host:443 1.2.3.4 - - `."""
    words = front.split(None, 2)
    if len(words) == 3 and words[2].count(b" ") >= 2 and (b"." in words[1] or b":" in words[1]):
        host, _colon, port = words[0].rpartition(b":")
        if host and port.isdigit():
            return words[1]
    return words[0] if words else b""


def real(address: bytes, forwarded: bytes, cdn: Ranges) -> bytes:
    """The reader's address: the last one that a CDN told and that is no CDN's; who is no CDN is believed for itself."""
    chain = [one.strip() for one in forwarded.split(b",") if one.strip()] + [address]
    for one in reversed(chain):
        if not inside(one, cdn):
            return one if is_address(one) else address
    return chain[0]


def inside(address: bytes, ranges: Ranges) -> bool:
    """Whether an address is in one of some ranges."""
    try:
        value = ipaddress.ip_address(address.decode("ascii"))
    except ValueError:
        return False
    return any(value in one for one in ranges)


def is_address(text: bytes) -> bool:
    try:
        ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return False
    return True


def _json(line: bytes, cdn: Ranges) -> Row | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    told = {name: _first(entry, keys) for name, keys in _NAMES.items()}
    epoch, status = _time(told["time"]), _number(told["status"])
    address = _bytes(told["address"])
    if epoch is None or not address or not 100 <= status <= 999:
        return None
    if told["request"] is None and told["path"] is not None:
        told["request"] = f"{told['method'] or 'GET'} {told['path']} HTTP/1.1"
    if told["forwarded"] is not None and cdn:
        address = real(address, _bytes(told["forwarded"]), cdn)
    size = _number(told["size"])
    if size == NO_NUMBER and told["size"] not in (None, "-", ""):
        return None
    return Row(
        address,
        _bytes(told["request"]) or b"-",
        _bytes(told["referer"]) or b"-",
        _bytes(told["agent"]) or b"-",
        epoch,
        status,
        max(0, size),
        *(_number(told[name]) for name in ("micros", "sent", "received")),
    )


def _first(entry: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _bytes(value: Any) -> bytes:
    return str(value).encode("utf-8", "replace") if isinstance(value, (str, int)) else b""


def _number(value: Any) -> int:
    if isinstance(value, bool):
        return NO_NUMBER
    if isinstance(value, (int, float)):
        return int(value) if 0 <= value < 1e18 else NO_NUMBER
    return (
        int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else NO_NUMBER
    )


def _time(value: Any) -> int | None:
    """Seconds of ISO 8601 with an offset, Apache's stamp with or without brackets, or a number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        bare = value.strip("[]")
        if len(bare) == clock.LENGTH and bare[2] == "/":
            return clock.epoch(bare.encode("ascii", "replace"))
        try:
            moment = datetime.fromisoformat(bare.replace("Z", "+00:00"))
        except ValueError:
            return None
        seconds = int(moment.timestamp()) if moment.tzinfo else None  # a clock without a zone is no moment
    else:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        # Milliseconds, microseconds and nanoseconds are told by their size.
        while number > 1e11:
            number /= 1000
        seconds = int(number) if number == number else None
    return seconds if seconds is not None and clock.EARLIEST <= seconds < clock.LATEST else None
