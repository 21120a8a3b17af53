"""Suspend and resume: what a reader is answered counts, an incident is opened and closed, the list follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from fake_mirror import FakeMirror, mirror_at

from prepctl import runner
from prepctl.cli import main
from prepctl.incidents import Incidents
from prepctl.publish import mirrors
from prepctl.publish.mirrors import Inventory


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[FakeMirror]:
    made = FakeMirror(tmp_path / "mirror")
    (made.directory / "index.html").write_text("resultados")
    yield made
    made.close()


@pytest.fixture
def act(
    workspace: Path, mirror: FakeMirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return ``act(*words, works=True)``: the verb, with a playbook that does or does not what it should."""
    known = Inventory([mirror_at(mirror.port)], {"institute": {"name": "Instituto"}}, 0, 0, [])
    monkeypatch.setattr(mirrors, "load", lambda *words: known)
    asked: list[runner.Request] = []

    def call(*words: str, works: bool = True) -> tuple[int, str]:
        def run(request: runner.Request, handler: Any) -> runner.Finished:
            asked.append(request)
            if works:
                mirror.answers["*"] = 503 if request.verb == "suspend" else 200
            return runner.Finished("successful", 0, datetime.now(timezone.utc), Path("log"))

        monkeypatch.setattr(runner, "run", run)
        with pytest.raises(SystemExit) as caught:
            main([*words, "-w", str(workspace)])
        told = capsys.readouterr()
        return int(caught.value.code or 0), told.out + told.err

    call.asked = asked  # type: ignore[attr-defined]
    return call


def test_a_suspension_from_its_notice_to_its_end(workspace: Path, act: Any) -> None:
    (workspace / "reports/1").mkdir(parents=True)
    report = {"diffusers": [{"name": "uno", "verdict": "APTO"}]}
    (workspace / "reports/1/compliance.json").write_text(json.dumps(report))
    page = workspace / "publication/list/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("de antes")
    incidents = Incidents(workspace / "publication")

    code, told = act("suspend", "uno", "--reason", "revisión", "--authority", "Consejo General")
    assert (code, "shows the notice" in told) == (0, True)
    (request,) = act.asked
    assert (request.verb, request.limit) == ("suspend", "uno")
    assert request.variables == {"prep_suspend_reason": "revisión", "prep_suspend_authority": "Consejo General"}
    (incident,) = incidents.all(only_open=True)
    assert (incident.mirror, incident.kind, incident.detail) == ("uno", "suspended", "revisión")
    assert "uno.example" not in page.read_text()

    assert act("resume", "uno")[0] == 0
    assert incidents.all(only_open=True) == []
    assert "https://uno.example/" in page.read_text()


def test_a_playbook_alone_is_not_believed(workspace: Path, act: Any) -> None:
    code, told = act("suspend", "uno", "--reason", "revisión", works=False)
    assert code == 2 and "expected that readers get 503, they get 200" in told
    # It is suspended by the institute's word all the same: the list must not lead there.
    assert Incidents(workspace / "publication").suspended()
    assert act("suspend", "uno", "--reason", "revisión")[0] == 0
    code, told = act("resume", "uno", works=False)
    assert code == 2 and "they get 503" in told
    assert Incidents(workspace / "publication").suspended()


def test_a_reason_is_needed(act: Any) -> None:
    code, told = act("suspend", "uno", "--reason", " ")
    assert code == 1 and "--reason" in told
    assert act.asked == []
