#!/usr/bin/env python3
"""From `publish` to the last mirror that readers see the cut on, against rsync alone; in one run, on this machine.

    .venv/el7/bin/python bench/publish.py [--mirrors 1,5,20,50] [--files 2000] [--megabytes 60] [--runs 3] [--place DIR]
                                          [--json]

Each mirror is a real rsync daemon with a root of its own, the real activator and a web server. It has a cut of
2,000 files and 60 MB and gets the next one, of which a tenth is another. The clock runs from before the tree is
read to the last mirror that serves what was signed: copying, hashing, signing, pushing, verifying, switching, and
looking. Beside it the same tree by `rsync -a` in parallel, to as many daemons that nobody looks at. Both get the
same cuts in turn; the median of the runs counts. Needs some 300 MB for each mirror. Both ways write in memory
(/dev/shm) where that has room, or else on disk: real mirrors have a disk each, and here all would wait for one.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/data"))
import site_of_a_cut  # noqa: E402
from figures import Figure, Measured, run_bench  # noqa: E402
from loopback_mirrors import SECRET, running  # noqa: E402

from prepctl.publish.keys import KeyRing  # noqa: E402
from prepctl.publish.mirrors import Mirror  # noqa: E402
from prepctl.publish.publisher import Publisher  # noqa: E402
from prepctl.publish.stage import Stage  # noqa: E402
from prepctl.publish.store import Store  # noqa: E402

ZONE = "America/Cancun"  # the sample is from there
PARALLEL = 16
MEMORY = Path("/dev/shm")
MEGABYTES_PER_MIRROR = 300


def serve(count: int, directory: Path, keys: Path, activate: bool, line: Connection) -> None:
    """Have mirrors in a process of their own until told to end."""
    with running(count, directory, KeyRing(keys), activate_notes=activate) as made:
        line.send([one.mirror for one in made])
        line.recv()


class Mirrors:
    """Mirrors in another process."""

    def __init__(self, count: int, directory: Path, keys: Path, *, activate: bool) -> None:
        self._line, theirs = multiprocessing.Pipe()
        directory.mkdir()
        self._process = multiprocessing.Process(target=serve, args=(count, directory, keys, activate, theirs))
        self._process.start()
        self.all: list[Mirror] = self._line.recv()

    def close(self) -> None:
        self._line.send("end")
        self._process.join()


def publish(tree: Path, workspace: Path, mirrors: list[Mirror]) -> float:
    """Publish as `prepctl publish` does; seconds until the last mirror was seen to show it."""
    began = time.perf_counter()
    stage, store, ring = Stage(workspace / "stage", ZONE), Store(workspace), KeyRing(workspace)
    cut = stage.prepare(
        tree, drill=False, previous=store.previous(False), sign=lambda data: ring.sign(data, lambda: None)
    )
    prepared = time.perf_counter() - began
    done = Publisher(cut, store, "rsync", parallel=PARALLEL).publish(mirrors, lambda one: None)
    bad = [one for one in done if one.outcome != "shown"]
    if bad:
        raise SystemExit(f"{len(bad)} mirrors do not show the cut: {bad[0]}")
    took = time.perf_counter() - began
    print(f"    publish: prepared {prepared:.2f} s, all shown {took:.2f} s", file=sys.stderr)
    return took


def copy(tree: Path, mirrors: list[Mirror]) -> float:
    """Push by `rsync -a` alone; seconds until the last one ended."""

    def one(mirror: Mirror) -> None:
        argv = ["rsync", "-a", "--delete", f"{tree}/", mirror.target]
        subprocess.run(argv, check=True, env={**os.environ, "RSYNC_PASSWORD": SECRET}, stdin=subprocess.DEVNULL)

    began = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(one, mirrors))
    return time.perf_counter() - began


def until_idle(top: Path) -> None:
    """Wait for what the mirrors do after a switch: each compresses on processors of its own, here on ours."""
    program = bytes(top / "signed/activator/activate.py")
    idle = 0
    while idle < 3:
        running = False
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                running = running or program in line.read_bytes()
        idle = 0 if running else idle + 1
        time.sleep(0.1)
    os.sync()  # what a run before left to write is not this one's


def measure(count: int, files: int, megabytes: float, runs: int, top: Path) -> tuple[float, float]:
    """Median seconds of both ways, for so many mirrors."""
    tree, workspace = top / "site", top / "workspace"
    workspace.mkdir(mode=0o700)
    KeyRing(workspace).create(None)
    site_of_a_cut.make(tree, files, megabytes, "2019-06-03 06:00", test=False)
    signed = Mirrors(count, top / "signed", workspace, activate=True)
    plain = Mirrors(count, top / "plain", workspace, activate=False)
    try:
        publish(tree, workspace, signed.all)
        copy(tree, plain.all)
        ours, theirs = [], []
        for number in range(1, runs + 1):
            site_of_a_cut.make(tree, files, megabytes, f"2019-06-03 06:{15 * number % 60:02d}", test=False)
            until_idle(top)
            theirs.append(copy(tree, plain.all))
            until_idle(top)
            ours.append(publish(tree, workspace, signed.all))
    finally:
        signed.close()
        plain.close()
    return statistics.median(ours), statistics.median(theirs)


def roomy(count: int) -> Path:
    """Return where so many mirrors fit: memory, or else disk."""
    free = shutil.disk_usage(MEMORY).free if MEMORY.is_dir() else 0
    return MEMORY if free > count * MEGABYTES_PER_MIRROR * 1e6 else Path(tempfile.gettempdir())


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mirrors", default="1,5,20,50")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--runs", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--place", type=Path, help="where to write")
    return run_bench(parser, tell)


def tell(given: argparse.Namespace) -> Measured:
    """Print a line for each number of mirrors; return the ratios."""
    version = subprocess.run(["rsync", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    what = f"{given.files} files, {given.megabytes:.0f} MB, a tenth changed"
    print(f"rsync {version}, {os.cpu_count()} processors, {what}")
    print(f"{'mirrors':>7} {'publish':>9} {'rsync -a':>9} {'times':>6}")
    figures = []
    for count in (int(word) for word in given.mirrors.split(",")):
        top = Path(tempfile.mkdtemp(prefix="prep-bench-", dir=given.place or roomy(count)))
        try:
            ours, theirs = measure(count, given.files, given.megabytes, given.runs, top)
        finally:
            shutil.rmtree(top)
        place = "memory" if MEMORY in top.parents else "disk"
        print(f"{count:7} {ours:7.2f} s {theirs:7.2f} s {ours / theirs:6.2f}  {place}", flush=True)
        figures.append(Figure(f"publish.mirrors_{count}", ours / theirs, "seconds of `rsync -a`"))
    return Measured(figures)


if __name__ == "__main__":
    sys.exit(main())
