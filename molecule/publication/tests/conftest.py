"""What the tests of this scenario share: doors to push and to read by, and pushes, honest and not."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mirrors import ROOT, Published, site
from reruns import WORKSPACE, converge, said


@pytest.fixture(scope="session")
def doors() -> None:
    """See that the mirrors can be pushed to and read from."""
    if not shutil.which("rsync"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "rsync"], check=True, capture_output=True)
    done = converge(play="doors.yml")
    assert done.returncode == 0, said(done)


@pytest.fixture
def make_site(tmp_path: Path) -> Callable[..., Path]:
    """Return ``make_site(minute, hour=20, mark="")``."""
    return lambda *given, **named: site(tmp_path / "site", *given, **named)


@pytest.fixture
def publish(host, doors) -> Callable[..., Published]:
    """Return ``publish(tree, *options)``: publish to this mirror alone, as a person would."""

    def run(tree: Path, *options: str) -> Published:
        argv = ["prepctl", "publish", str(tree), "-w", str(WORKSPACE), "--limit", host.name, "--json"]
        done = subprocess.run([*argv, "--patience", "60", *options], capture_output=True, text=True, timeout=200)
        document = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return Published(done.returncode, document, done.stdout + done.stderr)

    return run


@pytest.fixture
def get(host, doors) -> Callable[..., tuple[int, bytes, dict[str, str]]]:
    """Return ``get(path, **headers) -> (status, body, headers)``, as a reader."""

    def run(path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(host.address, timeout=10)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    return run


@pytest.fixture
def status(get) -> Callable[[], dict[str, Any]]:
    """Return a function that gives the mirror's public status."""
    return lambda: json.loads(get("/status.json")[1])


@pytest.fixture
def rsync(host, doors) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return ``rsync(directory, *options)``: push anything, with the right secret.

    By content: each test has a stage of its own, and what two stages make in one second has the same times.
    """
    secret = (WORKSPACE / f".lab/rsync-{host.name}").read_text().strip()

    def run(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
        argv = [
            "rsync",
            "-rt",
            "--whole-file",
            "--checksum",
            "--delete",
            *options,
            f"{directory}/",
            f"rsync://iepc@{host.address}/prep/",
        ]
        environment = {**os.environ, "RSYNC_PASSWORD": secret}
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, env=environment)

    return run


@pytest.fixture
def refusal(status) -> Callable[[int], str]:
    """Return ``refusal(serial) -> reason``: wait for a refusal later than that."""

    def wait(serial: int) -> str:
        deadline = time.monotonic() + 40
        while True:
            last = status()["last_refusal"] or {"serial": 0}
            if last["serial"] > serial:
                return last["reason"]
            assert time.monotonic() < deadline, f"nothing was refused: {status()}"
            time.sleep(0.2)

    return wait


@pytest.fixture
def empty(host) -> None:
    """Start as a mirror that never got a cut."""
    host.check_output(
        "systemctl stop prep-activator.path prep-activator.timer prep-activator.service; "
        f"find {ROOT}/incoming {ROOT}/trigger -mindepth 1 -delete; rm -f {ROOT}/current {ROOT}/state/*; "
        f"find {ROOT}/cuts -mindepth 1 -maxdepth 1 ! -name zero -exec rm -r {{}} +; "
        "systemctl start prep-activator.service prep-activator.timer"
    )
