"""The action `standing`: which run may leave a server be, and which run leaves a record of it."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.iepc.prep.plugins.action import standing as action
from ansible_collections.iepc.prep.plugins.plugin_utils import standing

AREAS = dict.fromkeys(standing.AREAS, "a")
INPUTS = "0123"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the action for one host; `trips` counts how often the server was read."""
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    monkeypatch.setattr(standing, "inputs_digest", lambda *_arguments: state.inputs)
    monkeypatch.setattr(standing, "footprint", lambda evidence: evidence or dict.fromkeys(standing.AREAS))
    state = SimpleNamespace(
        trips=0, inputs=INPUTS, server=dict(AREAS), records=standing.Records(tmp_path), refuses=False, before={}
    )

    def execute(self: Any, **_arguments: Any) -> dict[str, Any]:
        state.trips += 1
        if state.refuses:
            raise AnsibleConnectionFailure("no route to host")
        return {"evidence": state.server}

    monkeypatch.setattr(action.ActionModule, "_execute_module", execute)

    def go(wanted: str, check: bool = False, **variables: Any) -> dict[str, Any]:
        manager = SimpleNamespace(
            _inventory=SimpleNamespace(get_host=lambda name: name), get_vars=lambda **_arguments: {}
        )
        args = {"state": wanted, "directory": str(tmp_path), "read": {"evidence": state.server}}
        made = action.ActionModule.__new__(action.ActionModule)
        made._task = SimpleNamespace(args=args, check_mode=check, get_variable_manager=lambda: manager)
        made._templar = SimpleNamespace(template=lambda value: value)
        result: dict[str, Any] = made.run(
            task_vars={
                "inventory_hostname": "a",
                "ansible_run_tags": ["all"],
                "prep_standing": state.before,
                **variables,
            }
        )
        if wanted == "compared":
            state.before = result
        assert result["changed"] is False
        return result

    go.state = state  # type: ignore[attr-defined]
    return go


def whole_run(run: Any) -> None:
    run("compared")
    assert run("kept")["kept"] is True


def test_the_first_run_reads_nothing_beforehand_and_the_second_leaves_all_be(run: Any) -> None:
    whole_run(run)
    assert run.state.trips == 0
    found = run("compared")
    assert found["stands"] is True and found["read"]["evidence"] == AREAS
    assert run.state.trips == 1
    # What stood needs no new record: the 24 hours count from the run that saw to everything.
    assert run("kept")["kept"] is False


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"prep_thorough": True}, "prep_thorough"),
        ({"prep_thorough": "true"}, "prep_thorough"),
        ({"ansible_run_tags": ["apache"]}, "tags"),
        ({"ansible_skip_tags": ["apache"]}, "tags"),
    ],
)
def test_a_run_that_was_asked_otherwise_looks_at_all(run: Any, variables: dict[str, Any], said: str) -> None:
    whole_run(run)
    found = run("compared", **variables)
    assert found["stands"] is False and said in found["msg"]
    # Cut off here, it has left nothing that a later run could take for a server as it was left.
    assert run("compared")["stands"] is False


@pytest.mark.parametrize("variables", [{"check": True}, {"prep_frozen": True}])
def test_what_changes_nothing_looks_at_all_and_writes_nothing(run: Any, variables: dict[str, Any]) -> None:
    whole_run(run)
    assert run("compared", **variables)["stands"] is False
    assert run("kept", **variables)["kept"] is False
    assert run("compared")["stands"] is True


def test_other_inputs_and_an_old_record(run: Any) -> None:
    whole_run(run)
    run.state.inputs = "another"
    found = run("compared")
    assert found["stands"] is False and "inventory" in found["msg"]
    whole_run(run)
    assert run("compared")["stands"] is True
    run.state.records.keep("a", {**run.state.records.read("a"), "at": int(time.time()) - standing.MOST_AGE_S - 1})
    found = run("compared")
    assert found["stands"] is False and "24 hours" in found["msg"]


def test_what_differs_is_named_and_loaded_anew_by_whichever_run_comes(run: Any) -> None:
    whole_run(run)
    run.state.server["firewall"] = "b"
    found = run("compared")
    assert found["stands"] is False and found["msg"].endswith("not as it was left: firewall.")
    assert found["anew"] == list(standing.AREAS["firewall"])
    # That run was cut off, and the next is by tags: it is still known what is to be loaded.
    assert run("compared", ansible_run_tags=["apache"])["anew"] == found["anew"]
    assert run("kept", ansible_run_tags=["apache"])["kept"] is False
    assert run("compared")["anew"] == found["anew"]
    assert run("kept")["kept"] is True
    assert run("compared")["stands"] is True


def test_a_run_that_failed_leaves_no_server_that_stands(run: Any) -> None:
    whole_run(run)
    run.state.inputs = "another"
    run("compared")
    found = run("kept", prep_converge_error={"task": "x", "msg": "y"})
    assert found["kept"] is False
    assert run("compared")["stands"] is False


def test_what_can_not_be_read_is_not_loaded_anew(run: Any) -> None:
    whole_run(run)
    run.state.server = None
    found = run("compared")
    assert (found["stands"], found["anew"], found["differs"]) == (False, [], [])
    assert found["unread"] == list(standing.AREAS)
    assert "not read: " + ", ".join(standing.AREAS) in found["msg"]
    kept = run("kept")
    assert kept["kept"] is False and "not read" in kept["msg"]


def test_a_server_that_is_gone_is_for_others_to_name(run: Any) -> None:
    whole_run(run)
    run.state.refuses = True
    found = run("compared")
    assert found["stands"] is False and "no route to host" in found["msg"]


def test_a_record_that_can_not_be_written_is_a_warning(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_run(run)

    def full(*_arguments: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(standing.Records, "keep", full)
    found = run("compared", prep_thorough=True)
    assert found["stands"] is False and "Read-only file system" in found["warnings"][0]
    kept = run("kept")
    assert kept["kept"] is False and "a.json" in kept["warnings"][0]


def test_arguments_that_can_not_be_meant(run: Any) -> None:
    with pytest.raises(AnsibleActionFail, match="expected compared or kept, got 'keep'"):
        run("keep")
