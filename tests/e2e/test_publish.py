"""A real cut, wrapped in a site of 2,000 files and 60 MB, from the control node to every mirror of the lab."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import workspace
from workspace import addresses, must, on, playbook, run

sys.path.insert(0, str(workspace.TOP / "tests/data"))
import site_of_a_cut  # noqa: E402

pytestmark = pytest.mark.usefixtures("signing_key", "zero_state_afterwards")

DIFFUSERS = workspace.MIRRORS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, around a real cut if one is here."""
    directory = tmp_path_factory.mktemp("site")
    print("around", site_of_a_cut.make(directory))
    return directory


def publish(tree: Path, *options: str) -> dict[str, Any]:
    """Publish as a person would; what came of it."""
    limit = ",".join(DIFFUSERS)
    done = run("prepctl", "publish", str(tree), "-w", str(workspace.LAB), "--drill", "-l", limit, "--json", *options)
    assert done.out.startswith("{"), done.text
    document: dict[str, Any] = json.loads(done.out)
    return document


def clock_in_the_csv(tree: Path) -> str:
    """Return the hour that the cut's own CSV says."""
    head = next((tree / "bd").glob("*_LOC_*.csv")).read_bytes()[:200].decode("latin-1")
    found = re.search(r"^(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d) \(UTC-5\)", head, re.MULTILINE)
    assert found, head
    return "{}-{}-{}T{}:00-05:00".format(*found.groups())


@pytest.mark.parametrize("hour", [None, "2019-06-03 06:00"])
def test_the_csv_s_own_clock_is_seen_on_every_mirror(site: Path, hour: str | None) -> None:
    if hour:
        site_of_a_cut.make(site, clock=hour)  # the next cut: a tenth of the files is another
    files = [path for path in site.rglob("*") if path.is_file()]
    assert len(files) == 2000
    document = publish(site)
    assert document["exit_code"] == 0, document
    assert document["files"] == 2000 and document["bytes"] > 55e6
    if hour:
        assert document["changed"] < 300
    clock = clock_in_the_csv(site)
    assert {one["mirror"]: one["outcome"] for one in document["mirrors"]} == dict.fromkeys(DIFFUSERS, "shown")
    for one in document["mirrors"]:
        assert one["lag_s"] < 60  # clause I.10
        address = addresses()[one["mirror"]]
        told = json.loads(must("lector", f"curl -sSf --max-time 10 http://{address}/status.json"))
        assert told["cut"]["clock"] == clock
        page = must("lector", f"curl -sSf --max-time 10 http://{address}/")
        assert clock[11:16] + " h UTC-5" in page


LOSS = """
table inet lab_loss {
    chain incoming {
        type filter hook input priority -400
        tcp dport { 80, 443, 873 } numgen inc mod 50 == 25 counter drop
    }
    chain outgoing {
        type filter hook output priority -400
        tcp sport { 80, 443, 873 } numgen inc mod 50 == 25 counter drop
    }
}
"""


def test_a_line_that_loses_one_packet_in_fifty(site: Path) -> None:
    """Each way, by the mirror's own kernel; the cut arrives there, and elsewhere nobody waits for it."""
    name = DIFFUSERS[-1]
    site_of_a_cut.make(site, clock="2019-06-03 06:05")
    must(name, f"echo '{LOSS}' | nft -f -")
    try:
        document = publish(site)
        lost = json.loads(must(name, "nft -j list table inet lab_loss"))
    finally:
        must(name, "nft delete table inet lab_loss")
    rules = [one["rule"]["expr"] for one in lost["nftables"] if "rule" in one]
    dropped = [part["counter"]["packets"] for rule in rules for part in rule if "counter" in part]
    assert len(dropped) == 2 and min(dropped) >= 1, dropped
    assert {one["mirror"]: one["outcome"] for one in document["mirrors"]} == dict.fromkeys(DIFFUSERS, "shown")
    lag = {one["mirror"]: one["lag_s"] for one in document["mirrors"]}
    assert max(lag.values()) < 60, lag
    assert max(lag[other] for other in DIFFUSERS if other != name) < 10, lag


def test_the_role_leaves_the_cut_alone() -> None:
    done = playbook(workspace.PLAYBOOK, "--tags", "publication")
    shown = [json.loads(must(name, "cat /srv/prep/state/status.json"))["state"] for name in DIFFUSERS]
    assert shown == ["cut"] * len(DIFFUSERS), done.text
    assert all(done.recap()[name]["changed"] == 0 for name in DIFFUSERS), done.text


def answer(name: str, path: str = "/") -> tuple[int, dict[str, str], str]:
    """Return status, headers and body, as a reader over HTTP gets them."""
    text = must("lector", f"curl -sS --max-time 10 -i http://{addresses()[name]}{path}")
    head, _, body = text.replace("\r", "").partition("\n\n")
    lines = head.splitlines()
    return int(lines[0].split()[1]), dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line), body


def test_the_institute_interrupts_a_transmission_and_lets_it_go_on(site: Path) -> None:
    name = DIFFUSERS[0]
    done = run("prepctl", "suspend", name, "--reason", "Revisión <b>técnica</b>", "-w", str(workspace.LAB))
    assert done.rc == 0, done.text
    try:
        for path in ("/", "/json/corte.json", "/no-existe"):
            status, headers, page = answer(name, path)
            assert (status, headers["retry-after"], headers["cache-control"]) == (503, "300", "no-store")
            # With its date and who says so; what the reason says is text.
            assert "difusión en este sitio está interrumpida" in page
            assert "Revisión &lt;b&gt;técnica&lt;/b&gt;" in page
            assert "Instituto Electoral y de Participación Ciudadana del Estado de Durango" in page
            assert re.search(r"\d+ de \w+ de 20\d\d, \d\d:\d\d horas", page)
            assert "frame-ancestors" in headers["content-security-policy"]
        # Nobody else's; a certificate is renewed all the same; and what it is can be asked.
        assert answer(DIFFUSERS[1])[0] == 200
        assert answer(name, "/.well-known/acme-challenge/x")[0] == 404
        told = json.loads(answer(name, "/status.json")[2])["suspended"]
        assert told["reason"] == "Revisión <b>técnica</b>"
        # Cuts go on arriving behind the notice.
        site_of_a_cut.make(site, clock="2019-06-03 06:15")
        document = publish(site)
        outcomes = {one["mirror"]: one["outcome"] for one in document["mirrors"]}
        assert outcomes == {**dict.fromkeys(DIFFUSERS, "shown"), name: "suspended"}, document
        assert document["exit_code"] == 0
        # The report tells it as suspended, and not as failing.
        checked = playbook("check.yml", "-l", name)
        results = {one["control"]: one for one in newest_report()["diffusers"][0]["results"] if one["result"] != "pass"}
        assert results["access.no_auth"]["result"] == "not_applicable", checked.text
        assert "interrumpida" in results["access.no_auth"]["found"]
        assert results["freshness.cut_shown"]["result"] == "not_applicable"
    finally:
        done = run("prepctl", "resume", name, "-w", str(workspace.LAB))
    assert done.rc == 0, done.text
    status, _headers, page = answer(name)
    assert status == 200 and "06:15 h UTC-5" in page


def watch() -> tuple[int, dict[str, Any]]:
    """Look twice at each mirror; exit code and what was seen."""
    limit = ",".join(DIFFUSERS)
    done = run("prepctl", "watch", "--once", "--every", "0.5", "--json", "-l", limit, "-w", str(workspace.LAB))
    assert done.out.startswith("{"), done.text
    return done.rc, json.loads(done.out)


def test_the_watch_sees_what_somebody_altered() -> None:
    code, seen = watch()
    assert (code, [one["findings"] for one in seen["mirrors"]]) == (0, [[]] * len(DIFFUSERS)), seen
    name = DIFFUSERS[0]
    page = "/srv/prep/current/index.html"
    must(name, f"cp -a {page} /run/page; sed -i 's/Último corte/Corte último/' {page}")
    try:
        code, seen = watch()
    finally:
        must(name, f"mv /run/page {page}")
    opened = {(one["mirror"], one["kind"], one["evidence"]["path"]) for one in seen["incidents"] if not one["closed"]}
    assert (code, opened) == (2, {(name, "altered", "index.html")})
    code, seen = watch()
    assert code == 0 and all(one["closed"] for one in seen["incidents"])
    assert "al día" in (workspace.LAB / "publication/watch/index.html").read_text()


def newest_report() -> dict[str, Any]:
    """Return the latest compliance.json of the workspace."""
    path = max((workspace.LAB / "reports").glob("*/compliance.json"), key=lambda one: one.stat().st_mtime)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_no_secret_of_rsync_or_of_the_key_is_left_in_what_was_written() -> None:
    secrets = [(workspace.LAB / f".lab/rsync-{name}").read_text().strip() for name in DIFFUSERS]
    for path in (workspace.LAB / "publication").glob("*"):
        text = path.read_bytes() if path.is_file() else b""
        assert not [one for one in secrets if one.encode() in text], path
    assert on(DIFFUSERS[0], "grep -rl 'PRIVATE KEY' /etc/prep /srv/prep").rc != 0
