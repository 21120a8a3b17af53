"""A made-up week of a diffuser's access log around an election night: seeded, so that everybody gets the same bytes.

    .venv/el7/bin/python bench/memoria_week.py FILE [--lines 5000000] [--seed 8]

Readers come by a curve of the day, and most of them on the night itself; each has an address (few addresses have
very many readers, as mobile carriers' have), an agent and pages to read, with what a page loads and the JSON that an
open page asks for again and again. Among them search engines, monitors and scanners, and now and then a line that is
none. Written line by line in the format of role apache, in the order in which requests ended.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

START = 1654405200  # 2022-06-05 00:00 in Durango, UTC-5
OFFSET_S, ZONE = -5 * 3600, "-0500"
DAYS = 8
OPENING_H = 20
HOST = "prep.periodico.example"
MALFORMED_EVERY = 20_000

PAGES = ("/", "/index.html", "/gubernatura/", "/gubernatura/estado.html", "/ayuntamientos/", "/ayuntamientos/mapa.html")
ASSETS = (
    ("/css/prep.css", 18_411),
    ("/js/prep.js", 64_170),
    ("/js/mapa.js", 112_930),
    ("/img/logo.svg", 6_012),
    ("/img/iepc.png", 22_840),
    ("/fonts/texto.woff2", 41_220),
    ("/favicon.ico", 1_150),
)
DATA = ("/datos/corte.json", "/datos/gubernatura.json", "/datos/ayuntamientos.json")
SCANNED = (
    "/wp-login.php",
    "/xmlrpc.php",
    "/.env",
    "/.git/config",
    "/phpmyadmin/index.php",
    "/vendor/phpunit/eval-stdin.php",
    "/admin/",
    "/backup.zip",
    "/?q=%3Cscript%3E",
    "/cgi-bin/luci",
)
REFERRERS = (
    "-",
    "-",
    "-",
    "https://www.periodico.example/elecciones/prep",
    "https://www.periodico.example/",
    "https://www.google.com/",
    "https://www.facebook.com/",
    "https://t.co/abc",
    "https://l.facebook.com/l.php?u=x",
    "https://radio.example/en-vivo",
    "https://universidad.example/prep-2022?origen=portada",
    "android-app://com.google.android.gm/",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "curl/7.81.0",
    "python-requests/2.27.1",
    "Go-http-client/1.1",
    "-",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
BROKEN = (
    b"",
    b"10.9.8.7 - - [05/Jun/2022:20:",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"AH00094: Command line: '/usr/sbin/apache2'",
    b'10.9.8.7 - - [05/Foo/2022:20:00:00 -0500] "GET / HTTP/1.1" 200 5 "-" "-" "h" http 1 2 3 1654477200000',
    b'10.9.8.7 - - [05/Jun/2022:20:00:00 -0500] "GET / HTTP/1.1" abc 5 "-" "-" "h" http 1 2 3 1654477200000',
)


def agents(chance: np.random.Generator, count: int) -> list[str]:
    """Browsers as they are seen in Mexico: most of them phones, of very many builds."""
    made = []
    for _ in range(count):
        draw, major, build = chance.random(), int(chance.integers(88, 103)), int(chance.integers(1000, 5100))
        patch = int(chance.integers(20, 200))
        if draw < 0.55:
            model = f"SM-A{chance.integers(10, 80)}5M" if draw < 0.3 else f"moto g({chance.integers(5, 60)})"
            made.append(
                f"Mozilla/5.0 (Linux; Android {chance.integers(8, 13)}; {model}) "
                f"AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{major}.0.{build}.{patch} Mobile Safari/537.36"
            )
        elif draw < 0.72:
            version = f"{chance.integers(13, 16)}_{chance.integers(0, 7)}"
            made.append(
                f"Mozilla/5.0 (iPhone; CPU iPhone OS {version} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                f"Version/{version.replace('_', '.')} Mobile/15E{chance.integers(100, 300)} Safari/604.1"
            )
        elif draw < 0.9:
            made.append(
                f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{major}.0.{build}.{patch} Safari/537.36"
            )
        elif draw < 0.95:
            made.append(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{major}.0) Gecko/20100101 Firefox/{major}.0")
        elif draw < 0.995:
            made.append(
                f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_{chance.integers(1, 8)}) AppleWebKit/605.1.15 "
                f"(KHTML, like Gecko) Version/15.{chance.integers(0, 6)} Safari/605.1.15"
            )
        else:
            # Apache escapes a quotation mark.
            made.append(
                f'Mozilla/5.0 (Linux; Android 9; TV \\"{chance.integers(32, 66)}in\\") Chrome/{major}.0 Safari/537.36'
            )
    return made


def curve() -> np.ndarray:
    """The share of visits that begin in each minute."""
    minute = np.arange(DAYS * 1440)
    hour = minute / 60
    day_curve = 0.25 + np.clip(np.sin((hour % 24 - 7) / 24 * 2 * np.pi), 0, None)
    night = np.where(hour >= OPENING_H, np.exp(-(hour - OPENING_H) / 5.0), 0) * 60
    after = np.where(hour >= 24 + 6, np.exp(-(hour - 30) / 14.0), 0) * 8
    wave = 1 + 0.6 * np.exp(-(minute % 15) / 3.0) * (hour >= OPENING_H)  # each cut brings them back
    share = (day_curve + night + after) * wave
    return share / share.sum()


def lines(count: int, seed: int = 8) -> Iterator[bytes]:
    """Yield blocks of lines: the very same for the same count and seed."""
    chance = np.random.default_rng(seed)
    readers = max(50, int(count / 23.1))
    known = agents(chance, 4000)
    # Few agents have very many readers, most have some.
    cumulated = np.cumsum(1 / (np.arange(4000) + 8) ** 1.05)
    cumulated /= cumulated[-1]
    # 3 in 10 readers share the addresses of a carrier.
    shared = 400
    per_minute = chance.multinomial(readers, curve())
    stamps = [f"{number:02d}" for number in range(60)]
    carried: list[np.ndarray] = []
    written, pending = 0, []
    for hour in range(DAYS * 24):
        begins = np.repeat(np.arange(60), per_minute[hour * 60 : hour * 60 + 60]) * 60 + hour * 3600
        begins = begins + chance.integers(0, 60, len(begins))
        fresh = _events(chance, begins, shared)
        events = np.concatenate([*carried, fresh]) if carried else fresh
        events = events[np.argsort(events["end"], kind="stable")]
        later = events["end"] >= (hour + 1) * 3_600_000
        carried, events = [events[later]], events[~later]
        chosen = np.searchsorted(cumulated, events["draw"] / 2**32).tolist()
        for one, agent in zip(events.tolist(), chosen, strict=True):
            if written >= count:
                break
            pending.append(_line(one, known, agent, stamps))
            written += 1
            if written % MALFORMED_EVERY == 0 and written < count:
                pending.append(BROKEN[written // MALFORMED_EVERY % len(BROKEN)] + b"\n")
                written += 1
        yield b"".join(pending)
        pending = []
        if written >= count:
            return
    # What is missing for a round number: the last hour's monitors.
    missing = count - written
    for number in range(missing):
        second = DAYS * 86400 - 3600 + number * 3600 // missing
        event = (second * 1000, second * 1000 + 1, (10 << 24) + number % 5, 0, 1, 3, 0, 200, 512, 900)
        pending.append(_line(event, known, 0, stamps))
        if len(pending) == 50_000:
            yield b"".join(pending)
            pending = []
    yield b"".join(pending)


EVENT = np.dtype(
    [
        ("at", "i8"),
        ("end", "i8"),
        ("address", "i8"),
        ("draw", "i8"),
        ("kind", "i8"),
        ("item", "i8"),
        ("referer", "i8"),
        ("status", "i8"),
        ("bytes", "i8"),
        ("micros", "i8"),
    ]
)
READER, BOT, SCANNER = 0, 1, 2


def _events(chance: np.random.Generator, begins: np.ndarray, shared: int) -> np.ndarray:
    """The requests of visits that begin then."""
    count = len(begins)
    draw = chance.random(count)
    kind = np.where(draw < 0.93, READER, np.where(draw < 0.98, BOT, SCANNER))
    address = np.where(
        (chance.random(count) < 0.3) & (kind == READER),
        (187 << 24) + chance.integers(0, shared, count),
        (189 << 24) + chance.integers(0, 1 << 22, count),
    )
    agent = chance.integers(0, 2**32, count)
    referer = chance.integers(0, len(REFERRERS), count)
    views = 1 + chance.geometric(0.55, count)
    visit = np.repeat(np.arange(count), views)
    first = np.r_[True, visit[1:] != visit[:-1]] if count else np.zeros(0, bool)
    gaps = chance.exponential(75_000, len(visit)) + np.where(chance.random(len(visit)) < 0.02, 1_800_000, 0)
    gaps[first] = 0
    sums = np.cumsum(gaps)
    starts = np.repeat(sums[first], views) if count else sums
    at = begins[visit] * 1000 + (sums - starts).astype(np.int64) + chance.integers(0, 1000, len(visit))
    parts = [_rows(chance, at, visit, address, agent, kind, np.where(first, referer[visit], -1), page=True)]
    human = kind[visit] == READER
    # A first view loads everything, later ones what the browser does not keep; open pages ask for the data anew.
    for number in range(len(ASSETS)):
        some = human & (first | (chance.random(len(visit)) < 0.1))
        parts.append(
            _rows(chance, at[some] + 40 + 15 * number, visit[some], address, agent, kind, None, item=100 + number)
        )
    for number in range(len(DATA)):
        parts.append(
            _rows(chance, at[human] + 260 + number, visit[human], address, agent, kind, None, item=200 + number)
        )
    polls = np.repeat(np.flatnonzero(human), chance.poisson(1.6, int(human.sum())))
    waits = chance.integers(20_000, 900_000, len(polls))
    parts.append(_rows(chance, at[polls] + waits, visit[polls], address, agent, kind, None, item=200))
    return np.concatenate(parts)


def _rows(
    chance: np.random.Generator,
    at: np.ndarray,
    visit: np.ndarray,
    address: np.ndarray,
    agent: np.ndarray,
    kind: np.ndarray,
    referer: np.ndarray | None,
    *,
    page: bool = False,
    item: int = 0,
) -> np.ndarray:
    rows = np.zeros(len(at), EVENT)
    rows["at"], rows["address"], rows["draw"], rows["kind"] = at, address[visit], agent[visit], kind[visit]
    rows["item"] = chance.integers(0, len(PAGES), len(at)) if page else item
    rows["referer"] = -1 if referer is None else referer
    scanner = rows["kind"] == SCANNER
    rows["item"][scanner] = 300 + chance.integers(0, len(SCANNED), int(scanner.sum()))
    cached = (chance.random(len(at)) < 0.12) & ~scanner
    rows["status"] = np.where(scanner, np.where(chance.random(len(at)) < 0.3, 403, 404), np.where(cached, 304, 200))
    sizes = chance.lognormal(9.2 if page else 7.5, 0.4, len(at)).astype(np.int64)
    if 100 <= item < 200:
        sizes[:] = ASSETS[item - 100][1]
    rows["bytes"] = np.where(cached, 0, np.where(scanner, 199, sizes))
    rows["micros"] = chance.lognormal(6.5, 1.0, len(at)).astype(np.int64) + rows["bytes"] // 60
    rows["end"] = rows["at"] + rows["micros"] // 1000
    return rows


_DAY: dict[int, str] = {}


def _line(event: tuple[int, ...], known: list[str], agent: int, stamps: list[str]) -> bytes:
    at, _end, address, draw, kind, item, referer, status, size, micros = event
    second = at // 1000
    day = second // 86400
    if day not in _DAY:
        _DAY[day] = datetime.fromtimestamp(START + OFFSET_S + day * 86400, timezone.utc).strftime("%d/%b/%Y")
    left = second % 86400
    clock = f"{_DAY[day]}:{stamps[left // 3600]}:{stamps[left // 60 % 60]}:{stamps[left % 60]} {ZONE}"
    if item < 100:
        path, source = PAGES[item], REFERRERS[referer] if referer >= 0 else f"https://{HOST}/"
    else:
        path = ASSETS[item - 100][0] if item < 200 else DATA[item - 200] if item < 300 else SCANNED[item - 300]
        source = f"https://{HOST}/" if item < 300 else "-"
    if item == 200:
        path += f"?_={START + second - second % 60}"
    who = known[agent] if kind == READER else BOTS[draw % len(BOTS)]
    octets = f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
    sent = "-" if status == 304 else str(size)
    return (
        f'{octets} - - [{clock}] "GET {path} HTTP/1.1" {status} {sent} "{source}" "{who}" "{HOST}" https {micros} '
        f"{size + 310} {420 + draw % 200} {(START * 1000) + at}\n"
    ).encode()


def write(path: Path, count: int, seed: int = 8) -> None:
    """Write a file of so many lines."""
    with path.open("wb") as stream:
        for block in lines(count, seed):
            stream.write(block)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    write(given.file, given.lines, given.seed)
