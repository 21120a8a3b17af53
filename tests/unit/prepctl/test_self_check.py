"""`prepctl preflight --self`: what a server shows of a call, to who lends it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.module_utils import preflight
from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import load_call

from prepctl import self_check
from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

CALL = "ensayo_2027"
# Of the first contact, what is about the way from the control node, which is not in question on the server itself.
THE_WAY_IN = {
    "source_not_allowed", "control_node", "clock", "login_key", "password_expired", "password_expiring", "ssh_port",
}  # fmt: skip


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The server's os-release as evidence; nothing else was read, and the first contact found nothing."""
    value = {"id": "rocky", "version_id": "9.4", "name": "Rocky", "pretty": "Rocky Linux 9.4", "id_like": []}
    evidence = {"items": {"os.release": {"source": "x", "at": "2026-11-28T00:00:00Z", "rc": None, "value": value,
                                         "error": None, "truncated": False},
                          "os.kernel": {"source": "x", "at": "2026-11-28T00:00:00Z", "rc": None, "value": "5.14",
                                        "error": None, "truncated": False}}}  # fmt: skip
    monkeypatch.setattr(catalogue, "gather", lambda *arguments: copy.deepcopy(evidence))
    monkeypatch.setattr(self_check, "_contact", list)
    return value


def controls(answer: self_check.Answer) -> dict[str, self_check.Judged]:
    return {one.control: one for one in answer.controls}


def test_on_this_machine_without_a_workspace(prepctl: Callable, workspace: Path) -> None:
    for path in workspace.iterdir():
        path.unlink()
    document = prepctl("preflight", "--self", "--call", CALL, "--json").document
    call = load_call(CALL)
    judged = [one["control"] for one in document["controls"]]
    assert judged
    assert sorted(judged + document["unseen"]) == sorted(one["slug"] for one in call["controls"])
    assert {one["result"] for one in document["controls"]} <= set(self_check.SIGNS)
    assert document["exit_code"] in (0, 2)
    assert list(workspace.iterdir()) == []


def test_nothing_unread_counts_as_met(release: dict[str, Any]) -> None:
    found = controls(self_check.ask(CALL))
    assert found["system.supported"].result == "pass"
    # Both follow from os-release, the second also from the day.
    assert {name for name, one in found.items() if one.result == "pass"} <= {"system.supported", "system.maintained"}


def test_the_owner_is_told_what_is_theirs(release: dict[str, Any]) -> None:
    release.update(id="debian", version_id="11", pretty="Debian 11")
    answer = self_check.ask(CALL)
    assert answer.code == ExitCode.CONTROL_FAILED
    text = self_check.as_text(answer)
    theirs = text.partition("Le toca al medio:")[2].partition("Lo configura el Instituto")[0]
    assert "se encontró: Debian 11" in theirs and "qué hacer: " in theirs
    assert "publication.zero_state" not in theirs and "publication.zero_state" in text


def test_what_the_institute_configures_fails_nobody(release: dict[str, Any]) -> None:
    answer = self_check.ask(CALL)
    institute = [one for one in answer.controls if one.whose == self_check.INSTITUTE]
    assert any(one.required and one.result not in self_check.MET for one in institute)
    done = self_check.Answer(CALL, "uno", [], [one for one in answer.controls if one.result == "pass"] + institute, [])
    assert done.code == ExitCode.OK
    blocked = self_check.Answer(CALL, "uno", [self_check.Finding("disk", True, "falta espacio")], institute, [])
    assert blocked.code == ExitCode.CONTROL_FAILED
    noted = self_check.Answer(CALL, "uno", [self_check.Finding("memory", False, "poca memoria")], institute, [])
    assert noted.code == ExitCode.OK


def test_what_the_server_says_steers_no_terminal(release: dict[str, Any]) -> None:
    release.update(id="debian", version_id="11", pretty="Debian \x1b[31m11\u202e\r\nLe toca al medio:")
    text = self_check.as_text(self_check.ask(CALL))
    assert "\x1b" not in text and "\u202e" not in text
    assert text.count("\nLe toca al medio:") == 1


def test_the_first_contact_is_in_spanish_and_about_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.77 50000 203.0.113.10 22")
    monkeypatch.setattr(preflight, "MIN_FREE_MB", {"/": 10**9})
    found = {one.slug: one for one in self_check._contact()}
    assert "source_not_allowed" not in found
    assert found["disk"].blocking
    assert "se necesitan 1000000000" in found["disk"].text


def test_each_finding_has_its_words() -> None:
    assert set(preflight.SLUGS) == set(self_check.FINDINGS) | THE_WAY_IN
    assert not set(self_check.FINDINGS) & THE_WAY_IN


@pytest.mark.parametrize("name", ["nonsense", "./nonsense.yml", None])
def test_a_call_is_named(name: str | None) -> None:
    with pytest.raises(PrepctlError, match="^--call: .*ensayo_2027"):
        self_check.ask(name)


def test_a_call_alone_is_a_mistake(prepctl: Callable) -> None:
    result = prepctl("preflight", "--call", CALL)
    assert (result.code, result.stdout) == (1, "")
    assert "expected --self" in result.stderr
