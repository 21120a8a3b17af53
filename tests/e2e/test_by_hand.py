"""`ansible-playbook site.yml -i diffusers.ini` by hand, in the environment that the demo made."""

from __future__ import annotations

import workspace


def test_it_runs_and_finds_nothing_to_do() -> None:
    done = workspace.playbook("site.yml")
    assert done.rc == 0, done.text[-4000:]
    recap = done.recap()
    assert set(recap) == set(workspace.DIFFUSERS)
    for host, counts in recap.items():
        assert counts["changed"] == 0, f"{host} changed:\n{changed_tasks(done.out)}"
        assert counts["unreachable"] == counts["failed"] == 0


def test_check_mode_promises_nothing_either() -> None:
    done = workspace.playbook("site.yml", "--check", "--diff")
    assert done.rc == 0, done.text[-4000:]
    assert {counts["changed"] for counts in done.recap().values()} == {0}, changed_tasks(done.out)


def test_the_report_speaks_of_each_diffuser_with_evidence() -> None:
    report = workspace.newest_report()
    assert [entry["name"] for entry in report["diffusers"]] == list(workspace.DIFFUSERS)
    for entry in report["diffusers"]:
        assert entry["contact"] == "reached"
        assert len(entry["results"]) > 30
        for result in entry["results"]:
            # A statement without something behind it is no proof.
            if result["result"] in ("pass", "fail") and result["source"] != "document":
                assert result["evidence"], f"{entry['name']} {result['control']} has no evidence"


def changed_tasks(output: str) -> str:
    """Return the tasks that reported a change, for a message."""
    task = ""
    found = []
    for line in output.splitlines():
        if line.startswith("TASK"):
            task = line
        elif line.startswith("changed:"):
            found.append(f"{task} {line}")
    return "\n".join(found)
