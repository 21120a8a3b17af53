"""Simulated readers: what they do is written as a log, and what has to be counted is known from what they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

START = 1654405200  # 2022-06-05 00:00 in Durango
OPENING = 1654477200
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/102.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/15.5 Mobile/15E148 Safari/604.1"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass
class Readers:
    """A log in the making."""

    lines: list[tuple[int, str]] = field(default_factory=list)

    def ask(
        self,
        at: int,
        path: str,
        address: str = "189.1.2.3",
        agent: str = CHROME,
        status: int = 200,
        size: int = 1000,
        referer: str = "-",
        zone_hours: int = -5,
        method: str = "GET",
    ) -> None:
        clock = datetime.fromtimestamp(at, timezone(timedelta(hours=zone_hours)))
        self.lines.append(
            (
                at,
                (
                    f'{address} - - [{clock:%d/%b/%Y:%H:%M:%S %z}] "{method} {path} HTTP/1.1" {status} {size} '
                    f'"{referer}" "{agent}" "prep.example" https 1500 {size + 300} 400 {at * 1000:013d}'
                ),
            )
        )

    def visit(self, at: int, pages: int, every: int = 60, **more: object) -> None:
        """A page, what it loads, and its data; so many times."""
        for number in range(pages):
            now = at + number * every
            self.ask(now, "/", **more)  # type: ignore[arg-type]
            self.ask(now, "/css/prep.css", **more)  # type: ignore[arg-type]
            self.ask(now + 1, "/datos/corte.json", **more)  # type: ignore[arg-type]

    def text(self, *, ordered: bool = True) -> bytes:
        lines = sorted(self.lines) if ordered else self.lines
        return "".join(line + "\n" for _at, line in lines).encode()
