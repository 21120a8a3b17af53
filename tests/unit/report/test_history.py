"""The history and what changed: as numbers of a story of runs, and safe under two processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import example_reports as examples
import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json

from prepctl.errors import PrepctlError
from prepctl.report import differences, history, source
from prepctl.report.history import History


def day(number: int, **results: str) -> dict[str, Any]:
    return examples.small(f"202611{number:02}T040000Z", f"2026-11-{number:02}T04:00:00Z", **results)


class Story:
    """Runs, day by day, in a history of their own."""

    def __init__(self, workspace: Path) -> None:
        self.history = History.of(workspace)
        self.reports = workspace / "reports"

    def add(self, model: dict[str, Any]) -> source.Report:
        report = source.read(examples.lay(self.reports, model))
        assert self.history.record(report)
        return report

    def changes(self, report: source.Report, base: str | None = None) -> dict[str, Any]:
        return differences.between(self.history, report.digest, base)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def controls(lines: list[dict[str, Any]]) -> list[str]:
    return [line["control"] for line in lines]


def test_recording_twice_changes_nothing(story: Story) -> None:
    report = story.add(day(1))
    assert not story.history.record(report)
    assert len(story.history.runs()) == 1


def test_new_still_failing_and_fixed(story: Story) -> None:
    story.add(day(1))
    second = story.changes(story.add(day(2, firewall_active="fail")))
    assert controls(second["new_failures"]) == ["firewall.active"]
    assert not second["still_failing"] and not second["fixed"]

    third = story.changes(story.add(day(3, firewall_active="fail", sshd_active="fail")))
    assert controls(third["new_failures"]) == ["sshd.active"]
    (still,) = third["still_failing"]
    assert (still["control"], still["since"], still["runs"]) == ("firewall.active", "2026-11-02T04:00:00Z", 2)

    fourth = story.changes(story.add(day(4, sshd_active="fail")))
    (fixed,) = fourth["fixed"]
    assert (fixed["control"], fixed["failed_since"], fixed["runs"], fixed["fixed"]) == (
        "firewall.active", "2026-11-02T04:00:00Z", 2, "2026-11-04T04:00:00Z",
    )  # fmt: skip
    assert not fourth["new_failures"]


def test_a_night_without_contact_is_no_change(story: Story) -> None:
    story.add(day(1, firewall_active="fail"))
    away = story.changes(story.add(day(2, firewall_active="unreachable", sshd_active="unreachable")))
    assert not away["new_failures"] and not away["fixed"]
    assert controls(away["no_longer_known"]) == ["firewall.active", "sshd.active"]
    back = story.changes(story.add(day(3, firewall_active="fail")))
    assert not back["new_failures"] and not back["fixed"]
    assert [(one["since"], one["runs"]) for one in back["still_failing"]] == [("2026-11-01T04:00:00Z", 2)]


def test_hosts_verdicts_and_waivers(story: Story) -> None:
    first = day(1, cdn_used="fail")
    story.add(first)
    second = day(2, cdn_used="fail")
    other = dict(second["diffusers"][0], name="nuevo")
    entry = next(one for one in second["diffusers"][0]["results"] if one["control"] == "cdn.used")
    entry.update(treatment="waived", basis=examples.WAIVER)
    second["diffusers"][0]["verdict"] = "NO APTO"
    second["diffusers"].append(other)
    examples.recount(second)
    found = story.changes(story.add(second))
    assert found["hosts_added"] == ["nuevo"] and found["hosts_lost"] == []
    assert controls(found["waivers_started"]) == ["cdn.used"]
    assert found["verdicts"] == [{"host": "difusor11", "before": "APTO CON OBSERVACIONES", "now": "NO APTO"}]
    assert not any(line["host"] == "nuevo" for line in found["new_failures"]), "a new host's failures are not new ones"

    third = story.changes(story.add(day(3, cdn_used="fail")))
    assert third["hosts_lost"] == ["nuevo"] and controls(third["waivers_ended"]) == ["cdn.used"]
    assert controls(third["still_failing"]) == ["cdn.used"]


def test_another_call_or_version_is_not_comparable(story: Story) -> None:
    story.add(day(1))
    changed = day(2, firewall_active="fail", sshd_active="fail")
    changed["diffusers"][0]["results"][1]["version"] = 2
    name = changed["diffusers"][0]["results"][1]["control"]
    found = story.changes(story.add(changed))
    assert controls(found["not_comparable"]) == [name] and "-> 2" in found["not_comparable"][0]["reason"]
    assert name not in controls(found["new_failures"]) and len(found["new_failures"]) == 1

    other = day(3)
    base = source.read(story.reports / "20261102T040000Z" / "compliance.json").digest
    other["run"]["call"] = "otra_2027"
    found = story.changes(story.add(other), base)
    assert (found["comparable"], found["reason"]) == (False, "call dgo_2022 -> otra_2027")
    assert not found["new_failures"] and not found["fixed"]
    assert any("Not comparable" in line for line in differences.lines(found))


def test_since_counts_back_over_runs_that_judged_it(story: Story) -> None:
    story.add(day(1, firewall_active="fail"))
    story.add(day(2))
    story.add(day(3))
    last = story.add(day(4, sshd_active="fail"))
    since = story.history.since(last.digest)["difusor11"]
    assert since["firewall.active"] == {"since": "2026-11-02T04:00:00Z", "runs": 3}
    assert since["sshd.active"] == {"since": "2026-11-04T04:00:00Z", "runs": 1}


def test_the_order_is_that_of_the_runs_not_of_the_recording(story: Story) -> None:
    last = story.add(day(3, firewall_active="fail"))
    story.add(day(1, firewall_active="fail"))
    assert story.history.since(last.digest)["difusor11"]["firewall.active"]["runs"] == 2


def test_the_first_run_has_nothing_to_compare_with(story: Story) -> None:
    with pytest.raises(PrepctlError, match="is the first that the history knows"):
        story.changes(story.add(day(1)))


def test_an_older_database_is_brought_up_to_date_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    old = sqlite3.connect(path)
    old.executescript(history.MIGRATIONS[0] + "PRAGMA user_version = 1;")
    old.execute("INSERT INTO runs VALUES (1, 'd', 'r', 'c', '', '0.1', '2026-01-01T00:00:00Z', 'p', 'n')")
    old.commit()
    old.close()
    with History(path) as found:
        assert found.version == len(history.MIGRATIONS)
        assert [one["run"] for one in found.runs()] == ["r"] and found.seals() == []
        assert found.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_newer_database_and_one_that_is_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.close()
    with pytest.raises(PrepctlError, match="written by a newer prepctl"):
        History(path)
    path.write_text("no database, but of some length " * 40)
    with pytest.raises(PrepctlError, match="cannot be used as history"):
        History(path)


def test_a_broken_recording_leaves_nothing(story: Story) -> None:
    model = day(1)
    del model["diffusers"][0]["results"][2]["treatment"]
    report = source.read(examples.lay(story.reports, model))
    with pytest.raises(KeyError):
        story.history.record(report)
    assert story.history.runs() == []


RECORD = """
import sys
from pathlib import Path
from prepctl.report import source
from prepctl.report.history import History
reports = [source.read(path) for path in source.runs(Path(sys.argv[1]))]
sys.stdin.readline()
added = 0
for report in reports:
    with History.of(Path(sys.argv[1]).parent) as history:
        added += history.record(report)
print(added)
"""


def test_two_processes_record_the_same_runs_at_once(tmp_path: Path) -> None:
    for number in range(1, 21):
        examples.lay(tmp_path / "reports", day(number, firewall_active="fail"))
    command = [sys.executable, "-c", RECORD, str(tmp_path / "reports")]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _one in (1, 2)]
    for one in both:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    added = [int(one.communicate(timeout=120)[0]) for one in both]
    assert sum(added) == 20, "each run once, whoever was faster"
    with History.of(tmp_path) as found:
        assert len(found.runs()) == 20
        digest = canonical_json.digest((tmp_path / "reports/20261120T040000Z/compliance.json").read_bytes())
        assert found.since(digest)["difusor11"]["firewall.active"]["runs"] == 20
