"""The technical memory of the lab's own logs says what its readers did."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

import workspace
from workspace import LAB, addresses, must

HOST = "difusor12"
# Browsers that nobody else in the lab has: what else asks is a program, and so a robot.
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (Linux; Android 14; SM-A155M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 "
    "Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
)  # fmt: skip
PAGES_EACH = 5


def minute() -> str:
    """Return the minute that it is, as `prepctl memoria` takes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")


def test_the_document_s_numbers_are_what_the_readers_did(tmp_path: Path) -> None:
    top = tmp_path / "workspace"
    shutil.copytree(LAB, top, ignore=shutil.ignore_patterns("reports", "runs", "keys", "delivered", "stage", "logs"))
    assert workspace.run("prepctl", "report", "key", "--no-passphrase", cwd=top).rc == 0
    since = minute()
    url = f"http://{addresses()[HOST]}"
    for agent in AGENTS:
        paths = " ".join([f"-o /dev/null {url}/"] * PAGES_EACH + [f"-o /dev/null {url}/status.json"])
        said = must("lector", f"curl -sS --max-time 20 -w '%{{http_code}} ' -A '{agent}' {paths}")
        assert said.count("200 ") == PAGES_EACH + 1
    until = minute()

    done = workspace.run(
        "prepctl", "collect-logs", "--since", f"{since}+00:00", "--output", "logs/e2e", "--limit", HOST, cwd=top
    )
    assert done.rc == 0, done.text
    done = workspace.run(
        "prepctl", "memoria", "logs/e2e", "--zone", "UTC", "--since", since, "--until", until, "--output", "memoria",
        "--json", cwd=top,
    )  # fmt: skip
    assert done.rc == 0, done.text
    totals = next(iter(rows(top / "memoria" / HOST / "tables/totals.csv")))
    assert (int(totals["pages"]), int(totals["visits"]), int(totals["visitors"])) == (
        len(AGENTS) * PAGES_EACH, len(AGENTS), len(AGENTS),
    )  # fmt: skip
    # What else was asked in that minute came from programs.
    assert int(totals["hits"]) - int(totals["robots"]) == len(AGENTS) * (PAGES_EACH + 1)
    # Nobody's address leaves the institute.
    reader = addresses()["lector"]
    for path in (top / "memoria").rglob("*"):
        if path.suffix in (".html", ".csv", ".json"):
            assert reader not in path.read_text(encoding="utf-8"), path
    assert (top / "memoria" / HOST / "memoria.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads((top / "memoria/memoria.json").read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    """Return a table's rows."""
    with path.open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))
