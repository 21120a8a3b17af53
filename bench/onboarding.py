#!/usr/bin/env python3
"""How long `site.yml` takes: for many servers against one, against its floor, and against a former version.

    .venv/el7/bin/python bench/onboarding.py [--hosts 1,3,10] [--rounds 2] [--against COMMIT] [--json]

Needs Docker; makes a lab of its own, of Debian 12 diffusers beside an origin and a reader, and removes it. How many
fit depends on memory, of which each server's share is measured and printed; a number that does not fit is left out.

* `idempotent_N`: a run over N servers that stand as the last one left them, in seconds of the same over the first
  number of --hosts.
  `_control_node`: without what the servers themselves used of the processors, which here are also the control node's
  and on the night each server's own (as in bench/check.py); other work on the machine counts as theirs. `_cpu`: the
  seconds of processor that the control node took, which other work adds little to.
* `thorough_N`: the same with every role run once more (-e prep_thorough=true).
* `first_N`: onboarding N bare servers, in seconds of the floor: on as many bare servers, side by side, `apt-get`
  installs the same packages and sshd and Apache reload. Both find packages and index as the first server onboarded
  left them, so nothing of it is the network's.
* `former_idempotent`, `former_thorough`, `former_first` (--against): a run that changes nothing, and the first, by the
  version of a commit, with this Ansible and its own workspace, over the largest number of servers; in seconds of ours.

The fastest round of idempotent runs counts; what is first happens once. Ends with 1 when a ratio is over its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clock import Spent, spent
from figures import Figure, Measured, run_bench

from prepctl.lab import cli as lab_cli
from prepctl.lab import containers
from prepctl.lab.plan import DEFAULT_DIFFUSERS, MACHINES, MOST_DIFFUSERS, Lab, planned
from prepctl.lab.shell import LabError, docker, run
from prepctl.lab.workspace import write_outlet

TOP = Path(__file__).resolve().parents[1]
# What was asked.
FIRST_TIMES_FLOOR = 2.0
FORMER_TIMES_OURS = 3.0

THOROUGH = ("-e", "prep_thorough=true")

# apt's packages and index, which one server fetches for all.
APT = ("/var/cache/apt/archives", "/var/lib/apt/lists")
# Ten servers on two processors change sshd and firewall in more time than the lab's short patience, a minute.
PATIENCE_S = 1800
NAMES = ("dpkg-query", "-W", "-f", "${binary:Package}\n")
FLOOR = """
export DEBIAN_FRONTEND=noninteractive
apt-get install -q -y --no-download --no-install-recommends {packages} >/tmp/floor 2>&1 ||
    {{ tail -n 3 /tmp/floor >&2; exit 1; }}
systemctl daemon-reload && systemctl reload ssh apache2
"""
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
# Memory that a server may need while packages are installed; at rest it is some 130, and what it is is printed.
MEGABYTES_PER_HOST = 300


@dataclass
class Version:
    """A version of the product: where its workspace is, and how Ansible finds its collection."""

    workspace: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Took:
    """What a run took."""

    spent: Spent
    tasks: int = 0
    """Tasks executed on the host that was given most."""

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {**{name: round(value, 2) for name, value in vars(self.spent).items()}, "tasks": self.tasks}


class Bench:
    """A lab whose diffusers are bare again whenever they are asked to be."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab, self.directory = lab, directory
        self._cached = False
        self._generation = 0

    def of(self, count: int) -> Lab:
        """The lab with so many diffusers."""
        shared = tuple(machine for machine in MACHINES if machine.role != "diffuser")
        return Lab(self.lab.name, self.lab.subnet, self.lab.workspace,
                   shared + planned(DEFAULT_DIFFUSERS + count)[len(MACHINES) :])  # fmt: skip

    def bare(self, count: int) -> Lab:
        """Have so many bare diffusers, with what the package cache has so far."""
        lab = self.of(count)
        have = containers.states(self.lab)
        old = [machine for machine in planned(MOST_DIFFUSERS) if machine.role == "diffuser" and machine.name in have]
        if old:
            docker("rm", "-f", "-v", *map(self.lab.container, old))
        lab_cli.start(lab)
        # What stood here is gone: these are new servers, whose names are known.
        shutil.rmtree(lab.workspace / ".standing", ignore_errors=True)
        self._generation += 1  # connections to the former machines are of no use any more
        if self._cached:
            for machine in lab.machines("diffuser"):
                for place in APT:
                    docker("cp", f"{self._copy(place)}/.", f"{lab.container(machine)}:{place}/")
        return lab

    def _copy(self, place: str) -> Path:
        """Where what is in a directory of apt's is kept."""
        return self.directory / Path(place).name

    def play(self, lab: Lab, version: Version, *options: str, quiet: bool = False) -> int:
        """Run site.yml over a lab; every host has to be done, and when *quiet* to be left as it was."""
        names = {machine.name for machine in lab.machines("diffuser")}
        for outlet in (version.workspace / "host_vars").iterdir():
            if outlet.stem not in names:  # a mistake of an inventory
                outlet.unlink()
        if version.workspace != lab.workspace:
            shutil.copy2(lab.workspace / "diffusers.ini", version.workspace / "diffusers.ini")
        sockets = self.directory / f"cp{self._generation}"
        done = subprocess.run(
            ["ansible-playbook", "site.yml", "-i", "diffusers.ini",
             "-e", f"safety_net_timeout_s={PATIENCE_S}", *options],
            cwd=version.workspace, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, **version.environment, "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets)},
        )  # fmt: skip
        recap = {name: tuple(map(int, counts)) for name, *counts in RECAP.findall(done.stdout)}
        bad = {name: counts for name, counts in recap.items() if counts[2] or counts[3] or (quiet and counts[1])}
        if done.returncode or bad or len(recap) != len(lab.machines("diffuser")):
            log = self.directory.parent / f"{self.directory.name}.log"
            log.write_text(done.stdout + done.stderr, encoding="utf-8")
            raise LabError(f"site.yml ended with {done.returncode}; not as expected: {bad or recap}; see {log}")
        return max(counts[0] for counts in recap.values())

    def timed(self, rounds: int, work: Callable[[], Any]) -> Took:
        """Time some work; the fastest round counts."""
        tasks = []
        return Took(spent(rounds, lambda: tasks.append(work())), tasks[-1] or 0)

    def fill_cache(self, version: Version) -> tuple[str, ...]:
        """Onboard one server, keep the packages that it fetched, and return their names."""
        lab = self.bare(1)
        (machine,) = lab.machines("diffuser")
        before = set(containers.execute(lab, machine, *NAMES).split())
        self.play(lab, version)
        for place in APT:
            copy = self._copy(place)
            copy.mkdir()
            docker("cp", f"{lab.container(machine)}:{place}/.", str(copy))
            shutil.rmtree(copy / "partial", ignore_errors=True)
            (copy / "lock").unlink(missing_ok=True)
        self._cached = True
        return tuple(sorted(set(containers.execute(lab, machine, *NAMES).split()) - before))

    def memory_mb(self, lab: Lab) -> float:
        """Memory of all processes of a lab's diffusers; what several share is divided among them."""
        script = "cat /proc/[0-9]*/smaps_rollup 2>/dev/null || :"
        texts = [containers.execute(lab, machine, "sh", "-c", script) for machine in lab.machines("diffuser")]
        return sum(int(kb) for text in texts for kb in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)) / 1024

    def floor(self, lab: Lab, packages: tuple[str, ...]) -> None:
        """Install the packages on each server, side by side, and reload."""
        script = FLOOR.format(packages=" ".join(packages))
        machines = lab.machines("diffuser")
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(lambda machine: containers.execute(lab, machine, "sh", "-ec", script), machines))


@contextlib.contextmanager
def former(commit: str, lab: Lab, directory: Path) -> Iterator[Version]:
    """The version of a commit, with a workspace of its own that reaches the same machines."""
    tree, collections = directory / "former", directory / "collections"
    run(["git", "worktree", "add", "--detach", str(tree), commit], cwd=TOP)
    try:
        (collections / "ansible_collections/iepc").mkdir(parents=True)
        (collections / "ansible_collections/iepc/prep").symlink_to(tree)
        workspace = tree / "inventories/lab"
        (workspace / ".lab").symlink_to(lab.private)
        for machine in lab.machines("diffuser"):
            write_outlet(workspace, machine)
        yield Version(workspace, {"ANSIBLE_COLLECTIONS_PATH": str(collections)})
    finally:
        run(["git", "worktree", "remove", "--force", str(tree)], cwd=TOP)


def available_mb() -> int:
    """Return how much memory is to be had (proc(5))."""
    found = re.search(r"^MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found.group(1)) // 1024 if found else 0


def told(title: str, took: Took) -> None:
    """Print what something took."""
    tasks = f", {took.tasks} tasks a server" if took.tasks else ""
    one = took.spent
    print(f"{title:<32} {one.seconds:7.1f} s, of it {one.servers:6.1f} s on the servers; "
          f"{one.own:6.1f} s of processor here{tasks}", flush=True)  # fmt: skip


def in_lab(bench: Bench, given: argparse.Namespace) -> Measured:
    """All that was asked for, in a lab that is there only for this."""
    ours, found, seconds = Version(bench.lab.workspace), [], {}
    packages = bench.fill_cache(ours)
    print(f"{len(packages)} packages in the cache")
    counts = [int(word) for word in given.hosts.split(",")]
    first: dict[int, Took] = {}
    again: dict[int, Took] = {}
    whole: dict[int, Took] = {}
    for count in counts:
        if count * MEGABYTES_PER_HOST > available_mb():
            print(f"{count} servers left out: {available_mb()} MB of memory, {MEGABYTES_PER_HOST} wanted for each")
            continue
        lab = bench.bare(count)
        floor = bench.timed(1, lambda lab=lab: bench.floor(lab, packages))
        told(f"floor, {count}", floor)
        lab = bench.bare(count)
        first[count] = bench.timed(1, lambda lab=lab: bench.play(lab, ours))
        told(f"first onboarding, {count}", first[count])
        again[count] = bench.timed(given.rounds, lambda lab=lab: bench.play(lab, ours, quiet=True))
        told(f"nothing to do, {count}", again[count])
        whole[count] = bench.timed(given.rounds, lambda lab=lab: bench.play(lab, ours, *THOROUGH, quiet=True))
        told(f"nothing to do, {count}, every role", whole[count])
        print(f"{bench.memory_mb(lab) / count:.0f} MB of memory a server")
        found.append(Figure(f"onboarding.first_{count}", first[count].spent.seconds / floor.spent.seconds,
                            "apt-get install and a reload", most=FIRST_TIMES_FLOOR))  # fmt: skip
        seconds[str(count)] = {
            "floor": floor.as_dict(), "first": first[count].as_dict(), "idempotent": again[count].as_dict(),
            "thorough": whole[count].as_dict(),
        }  # fmt: skip
    least = min(again)
    kinds = {"idempotent": again, "thorough": whole}
    for count, kind in ((count, kind) for count in again for kind in kinds):
        if count != least:
            runs = kinds[kind]
            name, unit = f"onboarding.{kind}_{count}", f"{count} servers / {least}"
            many, few = runs[count].spent, runs[least].spent
            found += [
                Figure(name, many.seconds / few.seconds, f"{unit}, servers and all"),
                Figure(name + "_control_node", many.control_node / few.control_node, f"{unit}, control node"),
                Figure(name + "_cpu", many.own / few.own, f"{unit}, control node's CPU"),
            ]
    if given.against:
        count = max(again)
        with former(given.against, bench.of(count), bench.directory) as version:
            lab = bench.bare(count)
            was = bench.timed(1, lambda: bench.play(lab, version))
            told(f"first onboarding, {count}, former", was)
            quiet = bench.timed(given.rounds, lambda: bench.play(lab, version))
            told(f"nothing to do, {count}, former", quiet)
        unit = f"seconds of ours, {count} servers"
        pairs = {"first": (was, first[count]), "idempotent": (quiet, again[count]), "thorough": (quiet, whole[count])}
        for what, (theirs, mine) in pairs.items():
            ratio = theirs.spent.seconds / mine.spent.seconds
            # What was asked is of a run that changes nothing.
            asked = FORMER_TIMES_OURS if what == "idempotent" else None
            found.append(Figure(f"onboarding.former_{what}", ratio, unit, least=asked))
        seconds["former"] = {what: theirs.as_dict() for what, (theirs, _mine) in pairs.items()}
    return Measured(found, {"seconds": seconds})


def measure(given: argparse.Namespace) -> Measured:
    """Have the lab, measure, and remove it."""
    directory = Path(tempfile.mkdtemp(prefix="prep-bench-"))
    lab = Lab(given.name, ipaddress.IPv4Network(given.subnet), directory / "workspace", ())
    try:
        return in_lab(Bench(lab, directory), given)
    except LabError as problem:
        sys.exit(f"bench/onboarding.py: {problem}")
    finally:
        containers.remove_all(lab)
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hosts", default="1,3,10", help="numbers of servers, by commas")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--against", metavar="COMMIT", help="a former version, for the largest number")
    parser.add_argument("--name", default="bench", help="of the lab")
    parser.add_argument("--subnet", default="172.30.96.0/24")
    return run_bench(parser, measure)


if __name__ == "__main__":
    sys.exit(main())
