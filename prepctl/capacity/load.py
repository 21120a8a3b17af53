"""Loads one server with wrk, bounded in connections and time."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from prepctl.capacity.page import HEADERS
from prepctl.errors import PrepctlError
from prepctl.publish.mirrors import Mirror

SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("PREP %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
SAID = re.compile(r"^PREP (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
MORE_TIME_S = 15


@dataclass(frozen=True)
class Step:
    """What a server answered over so many connections."""

    connections: int
    requests_s: float
    bytes_s: float
    p50_s: float
    p99_s: float
    failed: float
    """Share of the requests that failed."""


def wrk() -> str:
    """The program.

    :raises PrepctlError: it is not installed.
    """
    found = shutil.which("wrk")
    if not found:
        raise PrepctlError("wrk: expected the load generator on PATH, found none; apt-get install wrk")
    return found


def load(mirror: Mirror, scheme: str, paths: tuple[str, ...], connections: int, seconds: int) -> Step:
    """Ask for a page's files, in turn, as fast as the server answers.

    :raises PrepctlError: wrk doesn't say what came of it.
    """
    port = mirror.https if scheme == "https" else mirror.http
    host = f"[{mirror.address}]" if ":" in mirror.address else mirror.address
    with tempfile.TemporaryDirectory(prefix="prepctl-") as directory:
        script = Path(directory) / "page.lua"
        script.write_text(SCRIPT % ", ".join(_quoted(path) for path in paths), encoding="utf-8")
        headers = [word for name, value in HEADERS.items() for word in ("-H", f"{name}: {value}")]
        argv = [
            wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s", "-s", str(script),
            "-H", f"Host: {mirror.domain}", *headers, f"{scheme}://{host}:{port}/",
        ]  # fmt: skip
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + MORE_TIME_S, check=False)
        except subprocess.TimeoutExpired:
            raise PrepctlError(f"{mirror.name}: wrk did not end {MORE_TIME_S} s after its time") from None
    said = SAID.search(done.stdout)
    if not said:
        raise PrepctlError(
            f"{mirror.name}: wrk ended with {done.returncode}: {done.stderr.strip() or done.stdout[:200]}"
        )
    requests, size, taken, p50, p99, errors = (int(word) for word in said.groups())
    lasted = taken / 1e6
    return Step(
        connections, round(requests / lasted, 1), round(size / lasted), p50 / 1e6, p99 / 1e6,
        errors / max(1, requests + errors),
    )  # fmt: skip


def _quoted(path: str) -> str:
    """A path as a string of Lua."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
