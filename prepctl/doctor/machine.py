"""Checks of the control node itself: versions, lane, programs, clock, room."""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import json
import locale
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from prepctl.doctor.finding import FAIL, OK, WARN, Finding
from prepctl.language import say

PYTHONS = ((3, 10), (3, 14))
NEEDED = ("iepc-prep", "ansible-core", "ansible-runner", "typer", "rich", "cryptography")
PATIENCE_S = 10
MIN_FREE_MB = 1024
MIN_MEMORY_MB = 64
# What a tool is for, and how Debian calls its package.
TOOLS = (
    ("ssh", "openssh-client", True),
    ("ssh-keyscan", "openssh-client", True),
    ("rsync", "rsync", True),
    ("git", "git", False),
)


def versions() -> Iterator[Finding]:
    """Python, and what prepctl stands on."""
    found = sys.version_info[:2]
    if PYTHONS[0] <= found <= PYTHONS[1]:
        yield Finding("python", OK, f"Python {platform.python_version()}")
    else:
        yield Finding(
            "python", WARN, f"Python {platform.python_version()}", say("Python 3.10 to 3.14 is what is tested")
        )
    told = []
    for package in NEEDED:
        try:
            told.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Finding("versions", FAIL, say("{package} is not installed", package=package), "pip install iepc-prep")
    yield Finding("versions", OK, ", ".join(told))


def lane() -> Iterator[Finding]:
    """Which servers this ansible-core reaches, and whether the collection that it finds is this one."""
    from ansible_collections.iepc.prep.plugins.module_utils import preflight

    core = version("ansible-core")
    line = preflight.version_tuple(core)[:2]
    names = [name for name, wanted in preflight.LANES.items() if wanted == line]
    oldest = preflight.CORE_REACH.get(line)
    if oldest is None:
        yield Finding(
            "lane",
            WARN,
            say("ansible-core {core} is in no lane", core=core),
            say("pip install -c constraints/el7.txt . or constraints/current.txt"),
        )
        return
    reach = ".".join(map(str, oldest[0]))
    yield Finding(
        "lane",
        OK,
        say(
            "lane {lane}: ansible-core {core} reaches servers with Python {reach} and newer",
            lane=names[0] if names else "-",
            core=core,
            reach=reach,
        ),
    )


def collection() -> Iterator[Finding]:
    """Whether the collection that Ansible finds is the one that prepctl came with."""
    import importlib.util

    import yaml

    found = importlib.util.find_spec("ansible_collections.iepc.prep")
    places = list(found.submodule_search_locations or []) if found else []
    if not places:
        yield Finding("collection", FAIL, say("iepc.prep is not where Ansible looks"), "pip install iepc-prep")
        return
    galaxy = Path(places[0]) / "galaxy.yml"
    told = yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"] if galaxy.is_file() else "?"
    if told != version("iepc-prep"):
        yield Finding(
            "collection",
            FAIL,
            say("iepc.prep {one} beside prepctl {other}", one=told, other=version("iepc-prep")),
            say("install both at once: pip install --force-reinstall iepc-prep"),
        )
    else:
        yield Finding("collection", OK, f"iepc.prep {told} ({places[0]})")


def programs() -> Iterator[Finding]:
    """Programs of others that are called."""
    for name, package, needed in TOOLS:
        path = shutil.which(name)
        if path:
            yield Finding("programs", OK, path)
        else:
            yield Finding(
                "programs",
                FAIL if needed else WARN,
                say("{name} is not installed", name=name),
                f"apt-get install {package} / dnf install {package}",
            )


def docker() -> Iterator[Finding]:
    """Docker, which only the lab needs."""
    if not shutil.which("docker"):
        yield Finding(
            "docker", WARN, say("Docker is not installed; only the lab needs it"), "apt-get install docker.io"
        )
        return
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Finding("docker", WARN, say("Docker does not answer; only the lab needs it"), "systemctl restart docker")
        return
    if done.returncode:
        yield Finding(
            "docker", WARN, say("Docker does not answer; only the lab needs it"), " ".join(done.stderr.split())[:160]
        )
    else:
        yield Finding("docker", OK, f"Docker {done.stdout.strip()}")


def clock() -> Iterator[Finding]:
    """Whether something keeps the clock right: cuts carry its hour, and a minute is all there is."""
    state = _synchronized()
    if state is None:
        yield Finding(
            "clock",
            WARN,
            say("nothing here tells whether the clock is synchronized"),
            say("run chrony or systemd-timesyncd, or have the host do so"),
        )
    elif state:
        yield Finding("clock", OK, say("the clock is synchronized"))
    else:
        yield Finding(
            "clock", FAIL, say("the clock is not synchronized"), "systemctl enable --now chrony; chronyc waitsync"
        )


def _synchronized() -> bool | None:
    for command, good in (
        (["chronyc", "-n", "tracking"], "Leap status     : Normal"),
        (["timedatectl", "show", "-p", "NTPSynchronized"], "NTPSynchronized=yes"),
    ):
        if not shutil.which(command[0]):
            continue
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            continue
        if done.returncode == 0:
            return good in done.stdout
    return None


def text() -> Iterator[Finding]:
    """Whether names with accents can be written here."""
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") == "utf8":
        yield Finding("locale", OK, f"{encoding}")
    else:
        yield Finding(
            "locale",
            FAIL,
            say("the locale's encoding is {encoding}; Ansible needs UTF-8", encoding=encoding),
            "export LC_ALL=C.UTF-8",
        )


def memory() -> Iterator[Finding]:
    """Where a run keeps what is secret while it lasts."""
    place = Path(os.environ.get("PREPCTL_TMPDIR") or "/dev/shm")
    if not place.is_dir() or not os.access(place, os.W_OK):
        yield Finding(
            "memory",
            WARN,
            say("{path} cannot be written to: passwords of a run go to the disk meanwhile", path=place),
            say("mount a tmpfs there, or name another place with PREPCTL_TMPDIR"),
        )
        return
    free = shutil.disk_usage(place).free // 2**20
    if free < MIN_MEMORY_MB:
        yield Finding("memory", WARN, say("{path} has {free} MB left", path=place, free=free), say("make room there"))
    else:
        yield Finding("memory", OK, say("{path} has {free} MB left", path=place, free=free))
    dead = [one for one in place.glob("prepctl-*") if one.is_dir() and one.stat().st_uid == os.getuid()]
    if dead:
        yield Finding(
            "memory",
            WARN,
            say("{count} directories of runs there: going on now, or killed", count=len(dead)),
            say("if no prepctl runs: rm -r {path}/prepctl-*", path=place),
        )


def as_json(findings: list[Finding], code: int) -> str:
    """The document."""
    document = {"schema": 1, "verb": "doctor", "exit_code": code, "findings": [one.as_dict() for one in findings]}
    return json.dumps(document, ensure_ascii=False, indent=2)
