#!/usr/bin/env python3
"""Simulated readers of a real Apache with the role's log format: the memory has to say what they did.

    .venv/el7/bin/python bench/memoria_readers.py [--readers 200] [--json]

Needs Debian's `apache2-bin`; it runs on loopback, on a port of the kernel's, and ends with this program. Readers have
addresses of 127/8 and agents of their own; each opens pages, what they load and the data, some files a second time
with what they know of them (304), and what is not there. Robots and an attack are among them. Ends with 1 when a
number of the memory is another than what was done.
"""

from __future__ import annotations

import argparse
import email.utils
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures import Figure, Measured, run_bench

TOP = Path(__file__).resolve().parents[1]
MODULES = Path("/usr/lib/apache2/modules")
SITE = {"index.html": 5000, "gubernatura/index.html": 7000, "css/prep.css": 1200, "datos/corte.json": 900}
AGENT = (
    "Mozilla/5.0 (Linux; Android 12; SM-A{}M) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/101.0.{}.1 Mobile Safari/537.36"
)
ROBOTS = ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "curl/7.88.1", "prepctl")


def configuration(top: Path, port: int) -> str:
    """Apache's, with the log formats as the role writes them."""
    text = "".join(path.read_text() for path in (TOP / "roles/apache/templates").glob("*.j2"))
    formats = re.findall(r"^LogFormat .* prep_https?$", text, re.MULTILINE)
    assert len(formats) == 2, formats
    loaded = "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ("mpm_event", "authz_core", "dir", "mime")
        if (MODULES / f"mod_{name}.so").exists()
    )  # fmt: skip
    return f"""ServerRoot {top}
PidFile {top}/pid
Listen 127.0.0.1:{port}
ServerName prep.example
{loaded}
TypesConfig /etc/mime.types
DocumentRoot {top}/site
DirectoryIndex index.html
ErrorLog {top}/error.log
{chr(10).join(formats)}
CustomLog {top}/access.log prep_http
"""


class Done:
    """What readers did."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.status: Counter[int] = Counter()


def ask(
    port: int, address: str, agent: str, path: str, done: Done, *, page: bool, method: str = "GET", known: bool = False
) -> None:
    """Ask once, from an address."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(address, 0))
    headers = {"User-Agent": agent, "Referer": "https://www.medio.example/nota"}
    if known:
        headers["If-Modified-Since"] = email.utils.formatdate(time.time(), usegmt=True)
    line.request(method, path, headers=headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    done.count["hits"] += 1
    done.status[answer.status] += 1
    if agent in ROBOTS:
        done.count["robots"] += 1
    elif page and answer.status in (200, 304):
        done.count["pages"] += 1


def read(port: int, number: int) -> Done:
    """What one reader does."""
    done, address = Done(), f"127.{1 + number // 250}.1.{1 + number % 250}"
    agent = AGENT.format(number % 30, number)
    for round_ in range(1 + number % 3):
        ask(port, address, agent, "/", done, page=True, known=round_ > 0)
        ask(port, address, agent, "/css/prep.css?v=2", done, page=False, known=round_ > 0)
        ask(port, address, agent, "/datos/corte.json", done, page=False)
    ask(port, address, agent, "/gubernatura/", done, page=True)
    if number % 7 == 0:
        ask(port, address, agent, "/no-existe.html", done, page=True)
        ask(port, address, agent, "/", done, page=False, method="HEAD")
    if number % 11 == 0:
        ask(port, address, ROBOTS[number % 3], "/", done, page=True)
        ask(port, address, 'x" "y', '/%3Cscript%3E"', done, page=False)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readers", type=int, default=200)
    return run_bench(parser, measure)


def measure(given: argparse.Namespace) -> Measured:
    """Print what was done and what is told of it; return how many numbers differ."""
    top = Path(tempfile.mkdtemp(prefix="prep-readers-"))
    top.chmod(0o755)
    for name, length in SITE.items():
        (top / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "site" / name).write_text("x" * length)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (top / "apache.conf").write_text(configuration(top, port))
    server = subprocess.Popen(["apache2", "-f", str(top / "apache.conf"), "-DFOREGROUND"])
    try:
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("apache2 did not start: " + (top / "error.log").read_text()[-500:])
        began = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() - 60))
        with ThreadPoolExecutor(8) as pool:
            every = list(pool.map(lambda number: read(port, number), range(given.readers)))
    finally:
        server.terminate()
        server.wait()
    ended = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 60))
    count: Counter[str] = Counter()
    status: Counter[int] = Counter()
    for one in every:
        count.update(one.count)
        status.update(one.status)
    argv = [sys.executable, "-m", "prepctl", "memoria", f"medio={top / 'access.log'}", "--workspace", str(top),
            "--since", began, "--until", ended, "--zone", "UTC", "--json", "--format", "html,csv"]  # fmt: skip
    said = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, cwd=TOP).stdout)["outlets"][0]
    # Each reader is one visit, however often it came: all of it took no half hour. The attack's agent is a robot's.
    strange = sum(1 for number in range(given.readers) if number % 11 == 0)
    expected = {
        "hits": count["hits"], "pages": count["pages"], "robots": count["robots"] + strange, "visits": given.readers,
        "visitors": given.readers, "rejected": 0,
        "refused": sum(hits for code, hits in status.items() if 400 <= code < 500),
    }  # fmt: skip
    bad = 0
    for name, value in expected.items():
        bad += said[name] != value
        print(f"{name:9} done {value:6} told {said[name]:6} {'' if said[name] == value else 'DIFFERS'}")
    shutil.rmtree(top)
    return Measured([Figure("memoria_readers.differences", bad, "figures that are not what was done", most=0)])


if __name__ == "__main__":
    sys.exit(main())
