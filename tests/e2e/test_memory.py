"""A drill with simulated readers, and its technical memory: the document says what the readers did."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import drill_readers as program
import pytest
import workspace
from workspace import LAB, MIRRORS, addresses, must

sys.path.insert(0, str(workspace.TOP / "tests/data"))
import site_of_a_cut  # noqa: E402

pytestmark = pytest.mark.usefixtures("signing_key", "zero_state_afterwards")

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile "
    "Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1"
)
# By address alone there are three of them, by agent alone too: by both, as it is to be counted, five.
READERS = ((0, FIREFOX), (0, ANDROID), (1, ANDROID), (1, IPHONE), (2, IPHONE))
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
# A browser that opens no page is no visitor.
ATTACKER = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
PAGES, HOURS = 3, ("06:30", "06:45")


class Did(NamedTuple):
    """A request of the readers; see drill_readers.py."""

    mirror: str
    source: str
    agent: str
    path: str
    status: int
    sent: float
    came: int

    @property
    def is_page(self) -> bool:
        return self.path == program.PAGE and self.status == 200 and self.agent != ROBOT


@dataclass
class Rehearsal:
    """What was done, and what came of it."""

    drill: dict[str, Any]
    did: list[Did]
    said: dict[str, Any]
    documents: Path

    def of(self, mirror: str) -> list[Did]:
        return [one for one in self.did if mirror in (one.mirror, "*")]

    def rows(self, mirror: str, table: str) -> list[dict[str, str]]:
        """Return an outlet's rows of a table; of all together with `*`."""
        place = self.documents / ("" if mirror == "*" else mirror) / f"tables/{table}.csv"
        with place.open(encoding="utf-8-sig", newline="") as stream:
            return [row for row in csv.DictReader(stream) if row["outlet"] == mirror]


@pytest.fixture(scope="module")
def sources() -> Iterator[list[str]]:
    """Return addresses that the readers' machine has: its own and more of the lab's network."""
    own = addresses()["lector"]
    prefix = own.rpartition(".")[0]
    more = [f"{prefix}.{number}" for number in (31, 32, 33)]
    for address in more:
        must("lector", f"ip address replace {address}/24 dev eth0")
    yield [own, *more]
    for address in more:
        must("lector", f"ip address del {address}/24 dev eth0")


def minute() -> str:
    """Return the minute that it is, as `prepctl memoria` takes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")


def prepctl(top: Path, *words: str) -> workspace.Done:
    done = workspace.run("prepctl", *words, cwd=top)
    assert done.rc == 0, done.text
    return done


def rehearse(top: Path, cuts: Path, sources: list[str]) -> tuple[dict[str, Any], list[Did]]:
    """Publish the cuts while readers read; return the drill's report and what they did."""
    plan = {
        # Not the same number everywhere.
        "mirrors": [(name, addresses()[name], len(READERS) - number) for number, name in enumerate(MIRRORS)],
        "readers": [(sources[number], agent) for number, agent in READERS],
        "robots": [(sources[0], ROBOT)], "attackers": [(sources[3], ATTACKER)], "hours": HOURS, "pages": PAGES,
    }  # fmt: skip
    words = ("python3", "-c", Path(program.__file__).read_text(encoding="utf-8"), json.dumps(plan))
    reading = subprocess.Popen(
        [*workspace.ssh_to("lector"), shlex.join(words)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert reading.stdout and reading.stdout.readline() == "ready\n", reading.communicate()
        done = workspace.run("prepctl", "drill", str(cuts), "--every", "0", "-l", ",".join(MIRRORS), "--json", cwd=top)
        assert done.rc == 0, done.text
        out, err = reading.communicate(timeout=60)
        assert reading.returncode == 0, err
    finally:
        reading.kill()
        reading.wait()
    return json.loads(done.out), [Did(*one) for one in json.loads(out)]


def altered_for_a_moment(top: Path, name: str) -> None:
    """Have the watch see an incident, and its end."""
    page, watch = "/srv/prep/current/index.html", ("watch", "--once", "--every", "0.5", "-l", name)
    must(name, f"cp -a {page} /run/page; sed -i 's/Último corte/Corte último/' {page}")
    try:
        assert workspace.run("prepctl", *watch, cwd=top).rc == 2
    finally:
        must(name, f"mv /run/page {page}")
    prepctl(top, *watch)


@pytest.fixture(scope="module")
def rehearsal(signing_key: None, sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    place = tmp_path_factory.mktemp("memory")
    top, cuts = place / "workspace", place / "cuts"
    others = ("reports", "runs", "delivered", "publication", "logs", "memoria", "report.*")
    shutil.copytree(LAB, top, ignore=shutil.ignore_patterns(*others))
    for number, hour in enumerate(HOURS):
        site_of_a_cut.make(cuts / f"{number}", files=50, megabytes=1, clock=f"2019-06-03 {hour}")
    prepctl(top, "report", "key", "--no-passphrase")
    since = minute()
    drill, did = rehearse(top, cuts, sources)
    altered_for_a_moment(top, MIRRORS[1])
    until = minute()
    prepctl(top, "collect-logs", "--since", f"{since}+00:00", "--output", "logs/e2e", "-l", ",".join(MIRRORS))
    words = ("logs/e2e", "--zone", "UTC", "--since", since, "--until", until, "--output", "memoria", "--json")
    return Rehearsal(drill, did, json.loads(prepctl(top, "memoria", *words).out), top / "memoria")


def test_a_drill_of_two_cuts(rehearsal: Rehearsal) -> None:
    report = rehearsal.drill
    assert report["cuts"] == {"expected": 2, "published": 2, "errors": []}
    assert [(one["received"], one["missed"]) for one in report["mirrors"]] == [(2, 0)] * len(MIRRORS)
    assert report["mirrors"][0]["contact"]["phone"]
    assert report["incidents"] == []


def test_the_readers_did_what_they_were_to_do(rehearsal: Rehearsal) -> None:
    """Or else the numbers of the memory would be compared with nothing."""
    for number, name in enumerate(MIRRORS):
        persons = len(READERS) - number
        did = rehearsal.of(name)
        assert sum(one.is_page for one in did) == persons * PAGES * (1 + len(HOURS))
        assert len({(one.source, one.agent) for one in did if one.is_page}) == persons
        assert sum(one.path == program.DATA for one in did) >= persons * len(HOURS)
        assert [one.status for one in did if one.path == program.ATTACK] == [403]
        assert [one.status for one in did if one.path == program.MISSING] == [404] * persons
    # The clock by which the logs count is the readers'.
    assert all(-1 <= one.came - int(one.sent) <= 10 for one in rehearsal.did)


@pytest.mark.parametrize("mirror", [*MIRRORS, "*"])
def test_the_document_s_numbers_are_what_the_readers_did(rehearsal: Rehearsal, mirror: str) -> None:
    did = rehearsal.of(mirror)
    persons = {(one.mirror, one.source, one.agent) for one in did if one.is_page}
    (totals,) = rehearsal.rows(mirror, "totals")
    told = {name: int(totals[name]) for name in ("pages", "visits", "visitors", "hits", "robots")}
    assert told["pages"] == sum(one.is_page for one in did)
    # Who reads at two mirrors is one visitor, whose visits are two.
    assert (told["visits"], told["visitors"]) == (len(persons), len({person[1:] for person in persons}))
    # What else was asked in that time came from programs: publisher, watch, and the robot.
    assert told["hits"] - told["robots"] == sum(one.agent != ROBOT for one in did)
    robots = {row["text"]: int(row["count"]) for row in rehearsal.rows(mirror, "lists") if row["list"] == "robot"}
    assert robots["Googlebot"] == sum(one.agent == ROBOT for one in did)
    refused = {int(row["status"]): int(row["hits"]) - int(row["robots"]) for row in rehearsal.rows(mirror, "status")}
    by_status = Counter(one.status for one in did if one.agent != ROBOT)
    assert {code: refused.get(code, 0) for code in by_status} == by_status


@pytest.mark.parametrize("mirror", [*MIRRORS, "*"])
def test_each_minute_is_as_the_readers_had_it_and_so_is_the_load_around_each_cut(
    rehearsal: Rehearsal, mirror: str
) -> None:
    did = rehearsal.of(mirror)
    pages = Counter(one.came // 60 for one in did if one.is_page)
    people = Counter(one.came // 60 for one in did if one.agent != ROBOT)
    told = {int(row["minute_utc"]) // 60: row for row in rehearsal.rows(mirror, "minutes")}
    assert {at: int(row["pages"]) for at, row in told.items() if row["pages"] != "0"} == pages
    read = {at: int(row["hits"]) - int(row["robots"]) for at, row in told.items()}
    assert {at: count for at, count in read.items() if count} == people
    cuts = rehearsal.rows(mirror, "cuts")
    assert [(one["clock"], one["drill"]) for one in cuts] == [(hour, "true") for hour in HOURS]
    when = rehearsal.drill["actual"]
    for one in cuts:
        assert when["start_epoch"] <= float(one["published"]) <= when["end_epoch"]
        at = int(float(one["published"]) // 60)
        around = [pages.get(at + number, 0) for number in range(-5, 15)]
        assert (int(one["before"]), int(one["after"]), int(one["peak"])) == (
            sum(around[:5]), sum(around[5:]), max(around),
        )  # fmt: skip
        assert int(one["after"]) > 0
    page = (rehearsal.documents / ("" if mirror == "*" else mirror) / "memoria.html").read_text(encoding="utf-8")
    assert "alrededor de un corte de simulacro (promedio de 2 cortes)" in page


def test_the_incidents_are_told_where_they_happened(rehearsal: Rehearsal) -> None:
    for number, name in enumerate(MIRRORS):
        rows = [row for row in rehearsal.rows(name, "incidents") if row["source"] in ("watch", "modsecurity")]
        happened = {(row["source"], row["kind"]): row for row in rows}
        # Two logs know of the same requests: the attack, and a check's probe if one was near.
        forbidden = [row["hits"] for row in rehearsal.rows(name, "status") if row["status"] == "403"]
        assert [happened["modsecurity", "waf"]["count"]] == forbidden
        assert (("watch", "altered") in happened) == (number == 1)
        assert len(rows) == 1 + (number == 1)
    page = (rehearsal.documents / MIRRORS[1] / "memoria.html").read_text(encoding="utf-8")
    assert "contenido alterado" in page and "solicitudes rechazadas por el cortafuegos web" in page


def test_what_is_handed_over_holds_nobody_s_address(rehearsal: Rehearsal) -> None:
    told = [path for path in rehearsal.documents.rglob("*") if path.suffix in (".html", ".csv", ".json")]
    hidden = {one.source for one in rehearsal.did}
    assert told and not [path for path in told for one in hidden if one in path.read_text(encoding="utf-8")]
    for name in MIRRORS:
        assert (rehearsal.documents / name / "memoria.pdf").read_bytes().startswith(b"%PDF")
    assert {one["name"] for one in rehearsal.said["outlets"]} == set(MIRRORS)
