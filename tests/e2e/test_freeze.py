"""From the eve of the election to its end a run says what it would change, and changes nothing."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import workspace
import yaml

HOST = "difusor12"
REASON = "certificado vencido, oficio UTC/31/2022"


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """Return a call whose freeze began yesterday and ends tomorrow."""
    data = yaml.safe_load((workspace.TOP / "calls/dgo_2022.yml").read_text(encoding="utf-8"))
    now = datetime.now(ZoneInfo(data["zone"]))
    opens, closes = (f"{now + timedelta(days=days):%Y-%m-%d %H:%M}" for days in (-1, 1))
    data["windows"]["freeze"] = {"clause": "I.10", "opens": opens, "closes": closes}
    path = tmp_path / "frozen.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def site(*options: str, **variables: object) -> workspace.Done:
    """Run Apache's part of the site playbook on the host."""
    return workspace.playbook("site.yml", "--limit", HOST, "--tags", "apache", "-e", json.dumps(variables), *options)


def cache_seconds() -> str:
    """Return how long the server itself says that its page may be kept."""
    address = workspace.addresses()[HOST]
    return workspace.must(
        "lector", f"curl -sI http://{address}/ | sed -n 's/^Cache-Control: .*max-age=\\([0-9]*\\).*/\\1/p'"
    ).strip()


def test_nothing_changes_in_the_freeze_unless_somebody_answers_for_it(call: Path) -> None:
    usual = cache_seconds()
    assert usual not in ("", "7")

    frozen = site(prep_call=str(call), apache_cache_seconds=7)
    assert frozen.rc == 0, frozen.out[-3000:]
    assert "The call freezes the servers" in frozen.out
    assert frozen.recap()[HOST]["changed"] > 0, "it does not say what it would change"
    assert cache_seconds() == usual
    assert workspace.report_of(frozen)["run"]["freeze"]["active"] is True

    wanted = site(prep_call=str(call), apache_cache_seconds=7, prep_freeze_override=REASON)
    assert wanted.rc == 0, wanted.out[-3000:]
    assert cache_seconds() == "7"
    assert workspace.report_of(wanted)["run"]["freeze"]["override"] == REASON

    assert site().rc == 0
    assert cache_seconds() == usual
