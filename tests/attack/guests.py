"""Machines that join a lab for an attack, with a label of their own; they go again, whatever happens."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prepctl.lab.containers import CAPABILITIES
from prepctl.lab.images import tag_for

LABEL = "iepc.prep.attack"
PROGRAMS = [Path(__file__).with_name(name) for name in ("crowd.py", "holder.py")]
BOOT_S = 60
INSTALL = (
    "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && "
    "apt-get install -y -qq --no-install-recommends {} >/dev/null"
)


@dataclass(frozen=True)
class Machine:
    """A container that commands can be given to as on its console."""

    name: str
    address: str
    container: str

    def run(self, script: str, timeout: float = 300) -> str:
        """Run a shell script that has to succeed; its output.

        :raises RuntimeError: it ended with another exit code
        """
        done = self.start(script)
        out, err = done.communicate(timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"{self.name}: exit code {done.returncode}: {script[:200]}\n{out}{err}")
        return out

    def start(self, script: str) -> subprocess.Popen[str]:
        """Start a shell script and go on."""
        argv = ["docker", "exec", self.container, "sh", "-ec", script]
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )

    def crowd(self, target: str, **options: Any) -> dict[str, Any]:
        """Be the honest readers of a server for a while; see crowd.py."""
        words = [f"--{name} {value}" for name, value in options.items()]
        figures: dict[str, Any] = json.loads(self.run(f"python3 /tmp/crowd.py {target} {' '.join(words)}"))
        return figures


def member(lab: str, name: str) -> Machine:
    """One of the lab's own machines."""
    filters = ["--filter", f"label=iepc.prep.lab={lab}", "--filter", f"label=iepc.prep.machine={name}"]
    container = _docker("ps", "-q", *filters).strip()
    if not container:
        raise RuntimeError(f"{name} of lab {lab} does not run: bin/demo makes it")
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return Machine(name, _docker("inspect", "-f", address, container).strip(), container)


@contextlib.contextmanager
def guests(lab: str, wanted: dict[str, tuple[int, str]]) -> Iterator[dict[str, Machine]]:
    """Have more machines on the lab's network.

    :param wanted: by name, the place in the subnet and the packages to install.
    """
    network = f"iepc-prep-{lab}"
    prefix = (
        _docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network).strip().rpartition(".")[0]
    )
    resolver = _docker("inspect", "-f", "{{.ResolvConfPath}}", member(lab, "lector").container).strip()

    def start(name: str) -> Machine:
        offset, packages = wanted[name]
        container = _docker(
            "run", "-d", "--label", f"{LABEL}={lab}", "--hostname", name, "--network", network, "--ip",
            f"{prefix}.{offset}", *(f"--cap-add={one}" for one in CAPABILITIES), "--security-opt", "seccomp=unconfined",
            "--security-opt", "apparmor=unconfined", "--cgroupns=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
            "-v", f"{resolver}:/etc/resolv.conf:ro", "--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--stop-signal",
            "SIGRTMIN+3", tag_for("bookworm"), "/lib/systemd/systemd",
        ).strip()  # fmt: skip
        machine = Machine(name, f"{prefix}.{offset}", container)
        deadline = time.monotonic() + BOOT_S
        while subprocess.run(["docker", "exec", container, "systemctl", "is-system-running"], capture_output=True,
                             text=True).stdout.strip() not in ("running", "degraded"):  # fmt: skip
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not boot within {BOOT_S} s")
            time.sleep(0.3)
        machine.run(INSTALL.format(packages))
        return machine

    try:
        with ThreadPoolExecutor(len(wanted)) as pool:
            yield dict(zip(wanted, pool.map(start, wanted), strict=True))
    finally:
        left = _docker("ps", "-aq", "--filter", f"label={LABEL}={lab}").split()
        if left:
            _docker("rm", "-f", "-v", *left)


def give_programs(machine: Machine) -> None:
    """Put the readers' and the holder's programs there."""
    for program in PROGRAMS:
        argv = ["docker", "exec", "-i", machine.container, "sh", "-c", f"cat > /tmp/{program.name}"]
        subprocess.run(argv, input=program.read_text(encoding="utf-8"), text=True, check=True)


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout
