"""A run that wrote a report is in the history afterwards, and its page tells since when."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "report"))
import example_reports as examples  # noqa: E402

COPY = """
- name: Leave a report
  ansible.builtin.copy:
    src: "{source}"
    dest: "{{{{ playbook_dir }}}}/reports/{run}/"
    mode: "0644"
  run_once: true
"""


def test_two_runs_are_recorded(prepctl: Callable, playbook: Callable, workspace: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        run = f"2026110{number}T040000Z"
        laid = examples.lay(tmp_path / "made", examples.small(run, f"2026-11-0{number}T04:00:00Z", cdn_used="fail"))
        playbook(COPY.format(source=laid, run=run))
        result = prepctl("onboard", "--json")
        assert result.code == 0 and result.document["notes"] == [], result.stdout + result.stderr
    page = (workspace / "reports/20261102T040000Z/compliance.html").read_text(encoding="utf-8")
    assert "En este estado desde el 31 de octubre de 2026, 22:00 h (UTC-6) (2 evaluaciones)" in page
    assert "cdn.used (recommended): since 2026-11-01T04:00:00Z, 2 runs" in prepctl("report", "--diff").stdout


def test_a_report_that_cannot_be_recorded_is_a_note(
    prepctl: Callable, playbook: Callable, report_task: Callable
) -> None:
    playbook(report_task({"diffusers": []}))
    result = prepctl("onboard")
    assert result.code == 0 and "note: the run is not in the history: " in result.stdout
