"""Runs through the real ansible-runner: outcome, exit code, what is left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

DEBUG = "- name: Say\n  ansible.builtin.debug:\n    msg: hello\n"


def diffuser(name: str, verdict: str, *failed: str, contact: str = "reached") -> dict:
    results = [
        {"control": control, "severity": "required", "result": "fail", "treatment": "none"} for control in failed
    ]
    results += [
        {"control": "cdn.used", "severity": "recommended", "result": "fail", "treatment": "none"},
        {"control": "system.supported", "severity": "required", "result": "fail", "treatment": "waived"},
    ]
    return {"name": name, "verdict": verdict, "contact": contact, "reason": "", "results": results}


def test_all_well(prepctl: Callable, playbook: Callable, report_task: Callable) -> None:
    document = {"diffusers": [diffuser("uno", "APTO"), diffuser("dos", "APTO CON OBSERVACIONES")]}
    playbook(DEBUG + report_task(document))
    result = prepctl("onboard")
    assert result.code == 0, result.stdout + result.stderr
    assert "APTO CON OBSERVACIONES" in result.stdout
    assert "report: reports/run/compliance.json" in result.stdout
    assert "all well" in result.stdout


def test_a_failed_control_is_2_and_named(prepctl: Callable, playbook: Callable, report_task: Callable) -> None:
    document = {"diffusers": [diffuser("uno", "NO APTO", "firewall.restricted_ports"), diffuser("dos", "APTO")]}
    playbook(report_task(document))
    result = prepctl("onboard", "--json")
    assert result.code == 2
    by_name = {one["name"]: one for one in result.document["diffusers"]}
    assert by_name["uno"]["failed_controls"] == ["firewall.restricted_ports"]
    assert by_name["dos"]["failed_controls"] == []
    assert result.document["exit_code"] == 2


def test_an_old_report_does_not_count(prepctl: Callable, playbook: Callable, workspace: Path) -> None:
    old = workspace / "reports" / "old"
    old.mkdir(parents=True)
    (old / "compliance.json").write_text('{"diffusers": [{"name": "uno", "verdict": "NO APTO"}]}')
    os.utime(old / "compliance.json", (1654477200, 1654477200))
    playbook(DEBUG)
    result = prepctl("onboard", "--json")
    assert result.code == 0
    assert result.document["report"] is None


def test_the_report_of_a_moment_ago_is_not_that_of_a_run_without_a_task(
    prepctl: Callable, playbook: Callable, workspace: Path
) -> None:
    """A run takes seconds; one that Ansible refuses at once may begin in the second in which the last one ended."""
    last = workspace / "reports" / "last"
    last.mkdir(parents=True)
    playbook("- this is no playbook\n")
    (last / "compliance.json").write_text('{"diffusers": [{"name": "uno", "verdict": "APTO"}]}')
    result = prepctl("onboard", "--json")
    assert result.code == 1
    assert result.document["report"] is None and result.document["diffusers"] == []


def test_an_unreachable_host_is_3_and_holds_nobody_back(prepctl: Callable, playbook: Callable, workspace: Path) -> None:
    with open(workspace / "diffusers.ini", "a") as inventory:
        inventory.write("tres ansible_host=127.0.0.1 ansible_port=1 ansible_user=nobody\n")
    playbook("- name: Ping\n  ansible.builtin.ping:\n")
    result = prepctl("onboard", "--json")
    assert result.code == 3, result.stdout + result.stderr
    by_name = {one["name"]: one for one in result.document["diffusers"]}
    assert by_name["tres"]["reached"] is False
    assert "127.0.0.1" in by_name["tres"]["reason"]
    assert by_name["uno"]["ok"] == 1


def test_a_failed_task_is_4_and_named(prepctl: Callable, playbook: Callable) -> None:
    playbook("- name: Break\n  ansible.builtin.fail:\n    msg: no more\n  when: inventory_hostname == 'dos'\n")
    result = prepctl("onboard")
    assert result.code == 4
    assert "failed: dos: Break: no more" in result.stdout
    assert "log: runs/" in result.stdout


def test_an_ignored_or_rescued_failure_is_none(prepctl: Callable, playbook: Callable) -> None:
    playbook("- name: Break\n  ansible.builtin.fail:\n    msg: no more\n  ignore_errors: true\n")
    assert prepctl("onboard").code == 0
    playbook("""
- name: Try
  block:
    - name: Break
      ansible.builtin.fail:
        msg: no more
  rescue:
    - name: Mend
      ansible.builtin.debug:
        msg: mended
""")
    assert prepctl("onboard").code == 0


def test_a_converge_error_kept_for_the_report_is_4(prepctl: Callable, playbook: Callable) -> None:
    playbook("""
- name: Keep what went wrong
  ansible.builtin.set_fact:
    prep_converge_error:
      task: Load the configuration
      msg: it did not load
""")
    result = prepctl("onboard", "--json")
    assert result.code == 4
    assert "uno: Load the configuration: it did not load" in result.document["errors"]


def test_a_broken_playbook_is_1_in_one_line(prepctl: Callable, workspace: Path) -> None:
    (workspace / "site.yml").write_text("- hosts: diffusers\n  taskz: []\n")
    result = prepctl("onboard")
    assert result.code == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("failed: ")]
    assert len(failed) == 1
    assert "Traceback" not in result.stdout + result.stderr


def test_mistakes_in_the_inventory_are_1_and_one_line_each(prepctl: Callable, playbook: Callable) -> None:
    playbook("- name: Validate\n  iepc.prep.validate_inputs:\n  run_once: true\n")
    result = prepctl("onboard")
    assert result.code == 1, result.stdout
    assert "host_vars/uno.yml: prep_domain: expected a value (required), got nothing" in result.stdout.splitlines()
    assert "no server was touched" in result.stdout


def test_a_limit_that_fits_no_host_is_1(prepctl: Callable, playbook: Callable) -> None:
    playbook(DEBUG)
    result = prepctl("onboard", "--limit", "nobody")
    assert result.code == 1
    assert result.stderr == (
        "prepctl: --limit: expected hosts or groups of diffusers.ini (uno, dos), got nobody\n"
    )


def test_an_interrupted_run_is_4_and_cleans_up(playbook: Callable, workspace: Path, private: Path) -> None:
    playbook("- name: Wait\n  ansible.builtin.pause:\n    seconds: 60\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "prepctl", "onboard"], cwd=workspace, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not list(workspace.glob("runs/*/ansible.log")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2)
    (own,) = private.iterdir()
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 4
    assert "the run was canceled" in output
    assert "go on with: prepctl onboard --limit @failed" in output
    assert not list(private.iterdir())


def test_limit_tags_check(prepctl: Callable, playbook: Callable, workspace: Path) -> None:
    playbook("""
- name: Write
  ansible.builtin.copy:
    dest: "{{ playbook_dir }}/written-{{ inventory_hostname }}"
    content: x
    mode: "0644"
  tags: [write]
- name: Break
  ansible.builtin.fail:
    msg: not asked for
""")
    result = prepctl("onboard", "--limit", "uno", "--tags", "write", "--check", "--json")
    assert result.code == 0, result.stdout
    assert [one["name"] for one in result.document["diffusers"]] == ["uno"]
    assert result.document["diffusers"][0]["changed"] == 1
    assert not list(workspace.glob("written-*"))
    assert prepctl("onboard", "-l", "uno", "-t", "write").code == 0
    assert [path.name for path in workspace.glob("written-*")] == ["written-uno"]


def test_host_keys_are_checked_unless_the_workspace_says_otherwise(
    prepctl: Callable, playbook: Callable, workspace: Path
) -> None:
    playbook("""
- name: Fail with what Ansible goes by
  ansible.builtin.fail:
    msg: "checking {{ lookup('ansible.builtin.config', 'HOST_KEY_CHECKING') }}"
""")
    assert "checking True" in prepctl("onboard", "-l", "uno").stdout
    (workspace / "ansible.cfg").write_text("[defaults]\nhost_key_checking = no\n")
    assert "checking False" in prepctl("onboard", "-l", "uno").stdout


def test_what_a_run_leaves_behind(prepctl: Callable, playbook: Callable, workspace: Path, private: Path) -> None:
    playbook(DEBUG)
    assert prepctl("onboard").code == 0
    assert prepctl("onboard").code == 0
    assert not list(private.iterdir())
    runs = list((workspace / "runs").iterdir())
    assert len(runs) == 2
    for run in runs:
        assert sorted(path.name for path in run.iterdir()) == [
            "ansible.log", "dos.log", "outcome.json", "profile.json", "uno.log",
        ]  # fmt: skip
        assert {stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()} == {0o600}
        assert stat.S_IMODE((run / "ansible.log").stat().st_mode) == 0o600
        assert (run / "ansible.log").read_text().startswith("$ ansible-playbook site.yml -i diffusers.ini\n")


def test_vault_password_file(prepctl: Callable, playbook: Callable, workspace: Path) -> None:
    vaulted = workspace / "group_vars" / "diffusers.yml"
    vaulted.parent.mkdir()
    vaulted.write_text("local_word: aardvark\n")
    (workspace / "password").write_text("opensesame\n")
    vault = str(Path(sys.executable).parent / "ansible-vault")
    subprocess.run([vault, "encrypt", "--vault-password-file", "password", str(vaulted)], cwd=workspace, check=True)
    playbook("- name: Tell\n  ansible.builtin.fail:\n    msg: 'the word is {{ local_word }}'\n")
    assert "the word is aardvark" in prepctl("onboard", "--vault-password-file", "password").stdout
    wrong = prepctl("onboard")
    assert wrong.code == 1
    assert "vault" in wrong.stdout.lower()


@pytest.mark.parametrize("verb", ["preflight", "check"])
def test_other_verbs_take_the_workspaces_playbook_first(verb: str, prepctl: Callable, playbook: Callable) -> None:
    playbook(f"- name: Own\n  ansible.builtin.fail:\n    msg: my own {verb}\n", name=f"{verb}.yml")
    assert f"my own {verb}" in prepctl(verb).stdout
