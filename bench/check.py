"""How fast `prepctl check` is: against Lynis on one server, and with many servers against three.

    bench/check.py [--name LAB] [--workspace DIRECTORY] [--hosts 20] [--rounds 3] [--json]

Needs a lab whose three diffusers were onboarded (`bin/demo`). The other hosts are copies of one of them, real
servers in containers of their own, on the lab's network; they carry a label and are removed at the end, with
their image, whatever happens. Of several rounds the fastest counts. Prints a table, with what Ansible takes for
nothing and for a ping of the same three as the floor, and the ratios; ends with 1 when a ratio is over its limit.

Here all servers share this machine's processors with the control node; on the night each has its own. So what the
servers used of the processors is printed, and the growth is told twice: as measured,
and without that share, which is what a control node sees. The limit holds for the second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clock import fastest, spent
from figures import Figure, Measured, run_bench

from prepctl.lab.containers import CAPABILITIES

TOP = Path(__file__).resolve().parents[1]
ORIGINAL = "difusor12"
THREE = ("difusor11", "difusor12", "difusor13")
LYNIS_SHARE = 20.0
GROWTH = 4.0
FIRST_OFFSET = 100
IMAGE = "iepc-prep-bench-diffuser"
LABEL = "iepc.prep.bench"
INSTALL_LYNIS = "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends lynis >/dev/null 2>&1"
REMOVE_LYNIS = "DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq lynis >/dev/null 2>&1; rm -f /var/log/lynis*"


def run(*argv: str, cwd: Path = TOP, good: tuple[int, ...] = (0,), timeout: int = 900) -> str:
    """Run a program that has to succeed; return its output."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if done.returncode not in good:
        sys.exit(f"{' '.join(argv)}: exit code {done.returncode}\n{(done.stdout + done.stderr)[:3000]}")
    return done.stdout


def container(lab: str, machine: str) -> str:
    """Return the id of a machine's container."""
    found = run("docker", "ps", "-q", "--filter", f"label=iepc.prep.lab={lab}",
                "--filter", f"label=iepc.prep.machine={machine}").split()  # fmt: skip
    if not found:
        sys.exit(f"{machine} of lab {lab} does not run: bin/demo makes it")
    return found[0]


def check(workspace: Path, expected: int) -> None:
    """Run `prepctl check`; every host has to be reached and judged by evidence."""
    # 2: some control failed, which is for the report to say.
    said = json.loads(run("prepctl", "check", "--json", "--workspace", str(workspace), cwd=workspace, good=(0, 2)))
    reached = [one for one in said["diffusers"] if one["reached"]]
    if len(reached) != expected:
        lost = [f"{one['name']}: {one['reason'] or one['verdict']}" for one in said["diffusers"] if one not in reached]
        sys.exit(f"{expected} hosts expected to be judged, got {len(reached)}; {'; '.join(lost)}")


def floors(workspace: Path, rounds: int) -> list[tuple[str, float]]:
    """Return what Ansible itself takes for the three: a play without a task, and its ping."""
    inventory = ("-i", str(workspace / "diffusers.ini"))
    with tempfile.TemporaryDirectory(prefix="prep-bench-") as directory:
        play = Path(directory) / "nothing.yml"
        play.write_text("[{hosts: diffusers, gather_facts: false}]\n", encoding="utf-8")
        nothing = fastest(rounds, lambda: run("ansible-playbook", *inventory, str(play), cwd=workspace))
    ping = fastest(rounds, lambda: run("ansible", "diffusers", *inventory, "-m", "ping", cwd=workspace))
    return [("Ansible, a play of nothing", nothing), ("Ansible, ping of 3 hosts", ping)]


@contextlib.contextmanager
def copies(lab: str, workspace: Path, count: int) -> Iterator[Path]:
    """Have ``count`` more diffusers, and a workspace that names them beside the three."""
    original = container(lab, ORIGINAL)
    network = run("docker", "inspect", "-f", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}",
                  original).strip()  # fmt: skip
    inventory = (workspace / "diffusers.ini").read_text(encoding="utf-8")
    line = next(one for one in inventory.splitlines() if one.startswith(ORIGINAL))
    address = line.partition("ansible_host=")[2].split()[0]
    prefix = address.rpartition(".")[0]
    hosts = {f"copia{number:02}": f"{prefix}.{FIRST_OFFSET + number}" for number in range(1, count + 1)}
    private = workspace / ".lab"

    def start(name: str) -> None:
        run("docker", "run", "-d", "--name", f"iepc-prep-bench-{lab}-{name}", "--hostname", name, "--label",
            f"{LABEL}={lab}", "--network", network, "--ip", hosts[name],
            *(f"--cap-add={capability}" for capability in CAPABILITIES), "--security-opt", "seccomp=unconfined",
            "--security-opt", "apparmor=unconfined", "--cgroupns=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
            "-v", f"{private / 'resolv.conf'}:/etc/resolv.conf:ro", "--tmpfs", "/run", "--tmpfs", "/tmp",
            "--stop-signal", "SIGRTMIN+3", f"{IMAGE}-{lab}", "/lib/systemd/systemd")  # fmt: skip
        deadline = time.monotonic() + 180
        ready = ("docker", "exec", f"iepc-prep-bench-{lab}-{name}", "systemctl", "is-active", "-q", "ssh", "apache2",
                 "rsync", "firewalld", "fail2ban", "chrony")  # fmt: skip
        while subprocess.run(ready, capture_output=True).returncode:
            if time.monotonic() > deadline:
                sys.exit(f"{name} did not boot within 180 s")
            time.sleep(0.5)

    directory = Path(tempfile.mkdtemp(prefix="prep-bench-"))
    try:
        run("docker", "commit", original, f"{IMAGE}-{lab}")
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(start, hosts))
        shutil.copytree(workspace, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("reports", "runs"))
        known = private / "known_hosts"
        keys = [entry.split(" ", 1)[1] for entry in known.read_text().splitlines() if entry.startswith(address + " ")]
        lines = [f"{host} {key}" for host in hosts.values() for key in keys]
        (directory / ".lab/known_hosts").write_text(known.read_text() + "\n".join(lines) + "\n")
        more = [line.replace(ORIGINAL, name, 1).replace(address, host, 1) for name, host in hosts.items()]
        (directory / "diffusers.ini").write_text(inventory.replace(line, "\n".join([line, *more]), 1))
        for name in hosts:
            # Name and secret are nobody else's; the copy's Apache keeps the original's name, and its report says so.
            own = (workspace / f"host_vars/{ORIGINAL}.yml").read_text(encoding="utf-8")
            own = own.replace("prep_domain: prep.", f"prep_domain: {name}.")
            (directory / f"host_vars/{name}.yml").write_text(own, encoding="utf-8")
            (directory / f".lab/rsync-{name}").write_text(secrets.token_urlsafe(24) + "\n")
        yield directory
    finally:
        made = run("docker", "ps", "-aq", "--filter", f"label={LABEL}={lab}").split()
        if made:
            run("docker", "rm", "-f", "-v", *made)
        run("docker", "rmi", "-f", f"{IMAGE}-{lab}")
        shutil.rmtree(directory, ignore_errors=True)


def lynis(lab: str) -> float:
    """Return the seconds that Lynis takes for one server, on the server itself."""
    server = container(lab, ORIGINAL)
    run("docker", "exec", server, "sh", "-c", INSTALL_LYNIS)
    try:
        audit = ("docker", "exec", server, "sh", "-c", "lynis audit system --quick --quiet --no-colors >/dev/null 2>&1")
        return fastest(1, lambda: run(*audit, good=(0, 1)))
    finally:
        run("docker", "exec", server, "sh", "-c", REMOVE_LYNIS)


def measure(given: argparse.Namespace) -> Measured:
    """Print what everything took; return the two ratios."""
    workspace = given.workspace.resolve()
    check(workspace, len(THREE))  # what is only slow the first time is not what is measured
    three = spent(given.rounds, lambda: check(workspace, len(THREE)))
    audit = lynis(given.name)
    rows = [
        *floors(workspace, given.rounds), ("prepctl check, 3 hosts", three.seconds),
        ("  of it on the servers", three.servers), ("Lynis, 1 host", audit),
    ]  # fmt: skip
    found = [Figure("check.lynis", audit / three.seconds, "Lynis on 1 host / prepctl check of 3", least=LYNIS_SHARE)]
    if given.hosts:
        with copies(given.name, workspace, given.hosts - len(THREE)) as many:
            check(many, given.hosts)
            crowd = spent(given.rounds, lambda: check(many, given.hosts))
        title = f"prepctl check, {given.hosts} hosts"
        rows += [(title, crowd.seconds), (f"  of it on the {given.hosts} servers", crowd.servers)]
        unit = f"{given.hosts} hosts / 3 hosts"
        found += [
            Figure("check.growth_with_servers", crowd.seconds / three.seconds, f"{unit}, servers and all"),
            Figure("check.growth", crowd.control_node / three.control_node, f"{unit}, control node", most=GROWTH),
        ]
    for title, seconds in rows:
        print(f"{title:<30} {seconds:7.2f} s")
    return Measured(found, {"seconds": dict(rows)})


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--name", default="lab")
    options.add_argument("--workspace", type=Path, default=TOP / "inventories/lab")
    options.add_argument("--hosts", type=int, default=20, help="0: leave the many out")
    options.add_argument("--rounds", type=int, default=3)
    return run_bench(options, measure)


if __name__ == "__main__":
    sys.exit(main())
