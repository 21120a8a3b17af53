#!/usr/bin/env python3
"""How fast and how right `prepctl memoria` counts, beside GoAccess and AWStats; in one run, on this machine.

    .venv/el7/bin/python bench/memoria.py [--lines 5000000] [--sample 200000] [--linear 1,5] [--rounds 3] [--json]

Needs Debian's `goaccess` and `awstats` (`apt-get install --no-install-recommends goaccess awstats`), and room in
--place for the made-up week (320 bytes a line). What is timed is a whole process each: from its start to the figures.
Ours reads with two processes and makes all figures; documents are not part of it, for theirs neither are.

Compared are: all figures with an independent slow reference on a sample of the same kind; hits, bytes, status codes
and lines left out with GoAccess on the whole, to the line. Ends with 1 when something differs or a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import memoria_reference  # noqa: E402
import memoria_week  # noqa: E402
from figures import Figure, Measured, run_bench  # noqa: E402

TIMES, MOST_MB = 20, 1000
GOACCESS = [
    "--no-global-config",
    '--log-format=%h %^[%d:%t %^] "%r" %s %^ "%R" "%u" "%v" %^ %D %b %I %^',
    "--date-format=%d/%b/%Y",
    "--time-format=%H:%M:%S",
    "--no-progress",
    "--no-query-string",
]
AWSTATS = """LogFile="{log}"
LogType=W
LogFormat="%host %other %logname %time1 %methodurl %code %bytesd %refererquot %uaquot {rest}"
LogSeparator=" "
SiteDomain="prep.periodico.example"
HostAliases="localhost"
DirData="{data}"
DNSLookup=0
AllowFullYearView=2
"""


class Watcher(threading.Thread):
    """The most memory that a process and its children held together, looked at ten times a second."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process, self.most, self._over = process, 0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, sum(map(_held, _family(self._process))))

    def end(self) -> int:
        self._over.set()
        self.join()
        return self.most


def _family(process: int) -> list[int]:
    found = [process]
    for one in found:
        try:
            found += [int(word) for word in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            continue
    return found


def _held(process: int) -> int:
    """Proportional set size: what several share is divided among them."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) * 1024
    except (OSError, StopIteration):
        return 0


def timed(argv: list[str], **more: Any) -> tuple[float, float, int, str]:
    """Run a program; return its seconds, those of processors that it used, its bytes of memory, and its output."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
        watcher = Watcher(process.pid)
        watcher.start()
        code = process.wait()
        took, memory = time.perf_counter() - began, watcher.end()
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if code:
        sys.exit(f"{argv[0]}: exit code {code}\n{text[-2000:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
    return took, used, memory, text


def ours(log: Path, jobs: int = 2) -> tuple[float, float, int, dict[str, Any]]:
    """Time ourselves."""
    took, used, memory, text = timed([sys.executable, __file__, "--count", str(log), str(jobs)])
    return took, used, memory, json.loads(text.splitlines()[-1])


def count(log: Path, jobs: int) -> None:
    """What is timed of ours: all figures, as JSON."""
    from prepctl.memory import engine, figures
    from prepctl.memory.summary import BYTES, Plan

    end = memoria_week.START + memoria_week.DAYS * 86400
    plan = Plan(b"bench" * 6, memoria_week.START, end, most_visits=engine.most_visits(900, jobs))
    summary, _problems = engine.read({"week": [log]}, plan, jobs)["week"]
    window = figures.Window(memoria_week.START, end - 1, "America/Monterrey")
    told = figures.of("week", "week", summary, window)
    _keys, rows = summary.window.minutes.all()
    sums = {
        "lines": summary.lines,
        "hits": summary.hits,
        "rejected": summary.rejected,
        "bytes": int(rows[:, BYTES].sum()),
    }
    more = {name: told.totals[name] for name in ("robots", "pages", "visits", "visitors")}
    status = {str(code): hits for code, hits, _robots in told.status}
    print(
        json.dumps(
            {**sums, **more, "status": status, "top": told.pages[:5], "days": [row["hits"] for row in told.days]}
        )
    )


def goaccess(log: Path, place: Path) -> tuple[float, float, int, dict[str, Any]]:
    """Time GoAccess."""
    out = place / "goaccess.json"
    took, used, memory, _text = timed(["goaccess", str(log), *GOACCESS, "-o", str(out)])
    return took, used, memory, json.loads(out.read_text(encoding="utf-8", errors="replace"))


def awstats(log: Path, place: Path) -> tuple[float, float, int, str]:
    """Time AWStats."""
    data = place / "awstats"
    data.mkdir(exist_ok=True)
    for old in data.glob("*"):
        old.unlink()
    (place / "awstats.week.conf").write_text(
        AWSTATS.format(log=log, data=data, rest=" ".join(f"%extra{number}" for number in range(1, 7))), encoding="utf-8"
    )
    program = next((one for one in ("/usr/lib/cgi-bin/awstats.pl",) if Path(one).exists()), "awstats.pl")
    return timed(["perl", program, "-config=week", f"-configdir={place}", "-update"])


def differences(name: str, mine: dict[str, Any], theirs: dict[str, Any], keys: tuple[str, ...]) -> int:
    """Print what differs; return how many."""
    found = 0
    for key in keys:
        same = mine[key] == theirs[key]
        found += not same
        print(f"  {key:9} {mine[key]!s:>16} {name} {theirs[key]!s:>16} {'' if same else 'DIFFERS'}"[:150])
    return found


def compare_sample(place: Path, lines: int) -> int:
    """Compare with the reference."""
    log = place / "sample.log"
    memoria_week.write(log, lines, seed=21)
    print(f"sample of {lines:,} lines, the reference beside us:")
    with log.open("rb") as stream:
        reference = memoria_reference.count(stream)
    mine = ours(log)[3]
    reference["status"] = {str(code): hits for code, hits in reference["status"].items()}  # type: ignore[attr-defined]
    reference["top"] = [[path.decode(), hits] for path, hits in reference["top"]]  # type: ignore[attr-defined]
    mine["top"], reference["top"] = sorted(mine["top"]), sorted(reference["top"])  # type: ignore[type-var]
    return differences(
        "reference",
        mine,
        reference,
        ("lines", "hits", "rejected", "bytes", "status", "pages", "robots", "visits", "visitors", "top"),
    )


def compare_whole(mine: dict[str, Any], theirs: dict[str, Any], log: Path) -> int:
    """Compare with GoAccess, and explain what differs to the line."""
    general = theirs["general"]
    status = {
        item["data"][:3]: item["hits"]["count"]
        for group in theirs["status_codes"]["data"]
        for item in group.get("items", [])
    }
    told = {
        "lines": general["total_requests"],
        "hits": general["valid_requests"],
        "rejected": general["failed_requests"],
        "status": status,
        "days": sorted((day["data"], day["hits"]["count"]) for day in theirs["visitors"]["data"]),
    }
    # GoAccess passes empty lines over without a word. Its bandwidth is %b, which is told to be %O, as ours.
    with log.open("rb") as stream:
        empty = sum(line == b"\n" for line in stream)
    print(f"the whole, GoAccess beside us ({empty} empty lines, which it neither counts nor names):")
    told["lines"], told["rejected"] = told["lines"] + empty, told["rejected"] + empty
    told["days"] = [hits for _day, hits in told["days"]]
    return differences("GoAccess", mine, told, ("lines", "hits", "rejected", "status", "days")) + differences(
        "GoAccess", mine, {"bytes": general["bandwidth"]}, ("bytes",)
    )


def main() -> int:
    if sys.argv[1:2] == ["--count"]:  # what is timed of ours
        count(Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--sample", type=int, default=200_000)
    parser.add_argument("--linear", default="1,5", help="millions of lines, by commas; each is made and timed")
    parser.add_argument(
        "--rounds", type=int, default=3, help="of ours; the fastest counts, and theirs run once between"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--skip", default="", help="goaccess, awstats")
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()) / "prep-bench-memoria")
    return run_bench(parser, measure)


def measure(given: argparse.Namespace) -> Measured:
    """Print what differs and what everything took; return the ratios."""
    given.place.mkdir(parents=True, exist_ok=True)
    bad = compare_sample(given.place, given.sample) if given.sample else 0
    log = week(given.place, given.lines)
    runs = [ours(log, given.jobs)]
    peers: dict[str, tuple[float, float, int]] = {}
    if "goaccess" not in given.skip:
        *took, told = goaccess(log, given.place)
        peers["GoAccess"] = tuple(took)  # type: ignore[assignment]
        bad += compare_whole(runs[0][3], told, log)
    runs += [ours(log, given.jobs) for _ in range(given.rounds - 1)]
    if "awstats" not in given.skip:
        *took, text = awstats(log, given.place)
        peers["AWStats"] = tuple(took)  # type: ignore[assignment]
        print(
            "AWStats: " + "; ".join(line.strip() for line in text.splitlines() if line.startswith((" Found", "Found")))
        )
    best = min(runs, key=lambda one: one[0])
    memory = max(one[2] for one in runs)
    found = []
    print(f"{given.lines:,} lines, {log.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} processors")
    print(f"{'':12} {'seconds':>8} {'CPU s':>8} {'M lines/s':>9} {'MB':>6} {'times':>6} {'by CPU':>6}")
    for name, (took, used, held) in [("memoria", best[:3]), *peers.items()]:
        ratio, by_cpu = took / best[0], used / best[1]
        print(
            f"{name:12} {took:8.2f} {used:8.2f} {given.lines / took / 1e6:9.3f} {held / 1e6:6.0f} {ratio:6.1f} "
            f"{by_cpu:6.1f}"
        )
        if name in peers:
            slug = f"memoria.{name.lower()}"
            found += [
                Figure(slug, ratio, f"{name}'s seconds / ours", least=TIMES),
                Figure(slug + "_cpu", by_cpu, f"{name}'s CPU seconds / ours"),
            ]
    linear(given, best)
    return Measured([
        *found,
        Figure("memoria.memory", memory / 1e6 / MOST_MB, f"of {MOST_MB} MB", most=1),
        Figure("memoria.differences", bad, "figures that are another's", most=0),
    ])  # fmt: skip


def week(place: Path, lines: int) -> Path:
    """The made-up week, made once."""
    log = place / f"week-{lines}.log"
    if not log.exists():
        part = log.with_suffix(".part")
        memoria_week.write(part, lines)
        part.rename(log)
    return log


def linear(given: argparse.Namespace, best: tuple[float, float, int, dict[str, Any]]) -> None:
    """Print how time grows with lines."""
    for millions in (float(word) for word in given.linear.split(",") if word):
        lines = int(millions * 1e6)
        known = lines == given.lines
        log = week(given.place, lines)
        took, used, memory, told = best if known else ours(log, given.jobs)
        if not known:
            log.unlink()
        print(
            f"linear: {millions:5g} M lines {took:7.2f} s, {used:7.2f} CPU s, {used / millions:5.2f} CPU s/M, "
            f"{memory / 1e6:5.0f} MB, {told['visits']:,} visits",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
