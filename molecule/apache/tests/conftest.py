"""What the tests of this scenario share: requests by curl from the origin, and runs of the role."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCENARIO = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case; several of one name are a list) and body's length."""

    status: int
    length: int
    headers: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str | None:
        values = self.headers.get(name, [])
        assert len(values) < 2, f"{name} was sent {len(values)} times: {values}"
        return values[0] if values else None


@pytest.fixture(scope="session")
def mirrors() -> list[str]:
    """Return the addresses of all mirrors of the scenario."""
    return re.findall(r"^difusor\S+ ansible_host=(\S+)", (SCENARIO / ".lab/diffusers.ini").read_text(), re.MULTILINE)


@pytest.fixture(scope="session")
def ask(origin) -> Callable[..., Answer]:
    """Return ``ask(url, *headers, method="GET")``: what the origin gets from a URL."""

    def run(url: str, *headers: str, method: str = "GET") -> Answer:
        argv = ["curl", "-sSk", "--max-time", "10", "-D", "/dev/stderr", "-o", "/dev/null", "-w", "%{size_download}"]
        argv += ["--head"] if method == "HEAD" else ["-X", method]
        argv += [word for header in headers for word in ("-H", header)]
        done = origin.run(" ".join(shlex.quote(word) for word in [*argv, url]))
        assert done.rc == 0, done.stderr
        lines = done.stderr.replace("\r", "").strip().splitlines()
        found: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            found.setdefault(name.lower(), []).append(value.strip())
        return Answer(int(lines[0].split()[1]), int(done.stdout), found)

    return run


@pytest.fixture(scope="session")
def converge() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return ``converge(host, **variables)``: a run of the scenario's play with some variables."""

    def run(host: str, **variables: object) -> subprocess.CompletedProcess[str]:
        argv = ["ansible-playbook", "-i", str(SCENARIO / ".lab/diffusers.ini"), str(SCENARIO / "converge.yml")]
        return subprocess.run(
            [*argv, "--limit", host, "-e", json.dumps(variables)],
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "COLUMNS": "4000"},
            # Molecule's settings have failures on the other channel.
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    return run
