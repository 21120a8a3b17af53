"""Honest readers of a mirror: so many people, each looking at a page of some files and then reading for a while.

    python3 crowd.py ADDRESS --readers 200 --seconds 20 [--pause 5] [--source ADDRESS ...] [--tls]

Runs on whatever Python 3 a machine has, without anything else. Prints one line of JSON: how many requests were
sent, how many got what they asked for, what the others got, and the 50th and 99th percentile of the seconds that
an answer took, from the first packet of its connection where it needed a new one.
"""

import argparse
import asyncio
import collections
import json
import random
import ssl
import time

AGENT = (
    "Mozilla/5.0 (Linux; Android 13; SM-A135M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile "
    "Safari/537.36"
)
PATIENCE_S = 10.0


class Crowd:
    """All readers of one measurement."""

    def __init__(self, given):
        self.given = given
        self.seconds, self.outcomes = [], collections.Counter()
        self.tls = None
        if given.tls:
            self.tls = ssl.create_default_context()
            self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    async def reader(self, number, ends):
        """Look at pages until the time is over; the first one comes some time within a pause."""
        dice = random.Random(number)
        sources = self.given.source
        source = (sources[number % len(sources)], 0) if sources else None
        await asyncio.sleep(dice.uniform(0, self.given.pause))
        while time.monotonic() < ends:
            await self.page(source)
            await asyncio.sleep(dice.uniform(0.5, 1.5) * self.given.pause)

    async def page(self, source):
        """Fetch the files of one page over one connection, as a browser does; a new one after a failure."""
        connection = None
        for path in self.given.path:
            began = time.monotonic()
            try:
                connection, outcome = await asyncio.wait_for(self.ask(connection, source, path), PATIENCE_S)
            except asyncio.TimeoutError:
                connection, outcome = None, f"no answer within {PATIENCE_S:.0f} s"
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError) as problem:
                connection, outcome = None, type(problem).__name__
            self.outcomes[outcome] += 1
            self.seconds.append(time.monotonic() - began)
        if connection:
            connection[1].close()

    async def ask(self, connection, source, path):
        """Fetch; where the server had closed a connection that was kept, on a new one (RFC 9112, 9.3.1)."""
        try:
            return await self.fetch(connection, source, path)
        except (OSError, asyncio.IncompleteReadError) as problem:
            if connection is None or getattr(problem, "partial", b""):
                raise
            return await self.fetch(None, source, path)

    async def fetch(self, connection, source, path):
        """One answer, read whole; (the connection if it stays open, outcome)."""
        if connection is None:
            port = self.given.port or (443 if self.tls else 80)
            connection = await asyncio.open_connection(self.given.address, port, ssl=self.tls, local_addr=source)
        stream, out = connection
        try:
            head = (
                f"GET {path} HTTP/1.1\r\nHost: {self.given.host}\r\nUser-Agent: {AGENT}\r\n"
                "Accept: text/html,*/*;q=0.8\r\nAccept-Language: es-MX\r\nAccept-Encoding: gzip\r\n\r\n"
            )
            out.write(head.encode())
            await out.drain()
            lines = (await stream.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:] if line}
            if "content-length" not in fields:
                raise ValueError("an answer of unknown length, which a file is not")
            await stream.readexactly(int(fields["content-length"]))
        except BaseException:
            out.close()
            raise
        status = lines[0].split()[1]
        if fields.get("connection", "").lower() == "close":
            out.close()
            return None, status
        return connection, status

    async def run(self):
        """Have them all read; the figures."""
        ends = time.monotonic() + self.given.seconds
        await asyncio.gather(*(self.reader(number, ends) for number in range(self.given.readers)))
        took = sorted(self.seconds)
        good = sum(count for outcome, count in self.outcomes.items() if outcome in ("200", "304"))
        return {
            "sent": len(took),
            "good": good,
            "outcomes": dict(self.outcomes),
            "p50_s": round(took[len(took) // 2], 4) if took else None,
            "p99_s": round(took[min(len(took) - 1, len(took) * 99 // 100)], 4) if took else None,
        }


def main():
    """Entry point."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--host", default="prep.lab.example")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=5.0, help="between two pages of a reader, on average")
    parser.add_argument("--source", nargs="*", default=[], help="addresses of this machine, in turn")
    parser.add_argument("--path", nargs="*", default=["/", "/status.json"])
    parser.add_argument("--tls", action="store_true")
    print(json.dumps(asyncio.run(Crowd(parser.parse_args()).run())))


if __name__ == "__main__":
    main()
