"""iepc.prep.validate_inputs over whole inventories, through ansible-playbook: which file does a mistake name?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "example"
BIN = Path(sys.executable).parent
SECRET = "prep_rsync_secret: f3b1c7a9d2e8405f6a7b8c9d\n"
PLAYBOOK = """
- name: Validate
  hosts: diffusers
  gather_facts: false
  tasks:
    - name: Validate
      iepc.prep.validate_inputs:
      run_once: true
"""
PLACEHOLDER = "prep_rsync_secret: cambie-esta-clave-con-ansible-vault\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The example, with its placeholder replaced by a secret."""
    target = tmp_path / "ws"
    shutil.copytree(EXAMPLE, target, ignore=shutil.ignore_patterns("runs", "reports"))
    edit(target / "host_vars/difusor-ejemplo.yml", PLACEHOLDER, SECRET)
    (target / "validate.yml").write_text(PLAYBOOK)
    return target


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.fixture
def mistakes(workspace: Path) -> Callable[..., list[str]]:
    """The lines that the validation says; [] if it is content."""

    def run(*arguments: str) -> list[str]:
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), "-i", "diffusers.ini", "validate.yml", *arguments],
            cwd=workspace,
            capture_output=True,
            text=True,
            timeout=120,
        )
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if ": expected " in line]
        assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
        return list(dict.fromkeys(lines))

    return run


def test_the_example_is_right_but_for_its_secret(workspace: Path, mistakes: Callable) -> None:
    assert mistakes() == []
    edit(workspace / "host_vars/difusor-ejemplo.yml", SECRET, PLACEHOLDER)
    (line,) = mistakes()
    assert line.startswith("host_vars/difusor-ejemplo.yml: prep_rsync_secret: expected a secret of its own")


def test_the_four_mistakes_that_everybody_makes(workspace: Path, mistakes: Callable) -> None:
    host = workspace / "host_vars/difusor-ejemplo.yml"
    edit(host, "  drills: *sistemas\n", "")
    edit(host, "prep_documents:", "prep_document:")
    group = workspace / "group_vars/diffusers.yml"
    edit(group, "198.51.100.0/28", "198.51.100.300/28")
    edit(group, "prep_call: dgo_2022", "prep_call: dgo_2202")
    lines = mistakes()
    starts = [line.split(" expected ")[0] for line in lines]
    # Without a call nobody knows its stages; that mistake shows once the call is right.
    assert starts == [
        "group_vars/diffusers.yml: prep_call:",
        "group_vars/diffusers.yml: prep_allowed_sources[0]:",
        "group_vars/diffusers.yml: prep_control_nodes[0]:",
        "host_vars/difusor-ejemplo.yml: prep_document:",
    ]
    assert "did you mean dgo_2022?" in lines[0]
    assert "did you mean prep_documents?" in lines[3]
    edit(group, "prep_call: dgo_2202", "prep_call: dgo_2022")
    assert any("prep_contacts.drills: expected a contact" in line for line in mistakes())


def test_values_in_the_ini_and_in_directories(workspace: Path, mistakes: Callable) -> None:
    edit(workspace / "diffusers.ini", "ansible_host=203.0.113.10", "ansible_host=203.0.113.10 prep_domain=prep")
    host = workspace / "host_vars/difusor-ejemplo.yml"
    edit(host, "prep_domain: prep.periodico.example\n", "")
    (line,) = mistakes()
    assert line.startswith("diffusers.ini: prep_domain: expected the public host name")
    folder = workspace / "host_vars/difusor-ejemplo"
    folder.mkdir()
    host.rename(folder / "main.yml")
    (folder / "extra.yml").write_text("prep_domain: -x.example.org\n")
    (line,) = mistakes()
    assert line.startswith("host_vars/difusor-ejemplo/extra.yml: prep_domain:")


def test_a_file_that_no_host_or_group_reads(workspace: Path, mistakes: Callable) -> None:
    shutil.copy(workspace / "host_vars/difusor-ejemplo.yml", workspace / "host_vars/difusor-ejemlpo.yml")
    (workspace / "group_vars/difusers.yml").write_text("prep_rsync_user: otro\n")
    first, second = mistakes()
    assert first.startswith("group_vars/difusers.yml: difusers:") and "did you mean diffusers?" in first
    assert second.startswith("host_vars/difusor-ejemlpo.yml:") and "did you mean difusor-ejemplo?" in second


def test_vaulted_files_and_strings(workspace: Path, mistakes: Callable) -> None:
    (workspace / "password").write_text("opensesame\n")
    vault = [str(BIN / "ansible-vault"), "--vault-password-file", "password"]
    vault = [vault[0], "encrypt_string", *vault[1:], "--name", "prep_rsync_secret", "corta"]
    text = subprocess.check_output(vault, cwd=workspace, text=True)
    edit(workspace / "host_vars/difusor-ejemplo.yml", SECRET, text)
    (workspace / "group_vars/all.yml").write_text("local_x: 1\nprep_rsync_usr: y\n")
    encrypt = [str(BIN / "ansible-vault"), "encrypt", "--vault-password-file", "password", "group_vars/all.yml"]
    subprocess.run(encrypt, cwd=workspace, check=True, capture_output=True)
    lines = mistakes("--vault-password-file", "password")
    assert [line.split(" expected ")[0] for line in lines] == [
        "group_vars/all.yml: prep_rsync_usr:",
        "host_vars/difusor-ejemplo.yml: prep_rsync_secret:",
    ]
    assert "corta" not in "".join(lines)


def test_role_options_are_known_and_typed(workspace: Path, mistakes: Callable) -> None:
    host = workspace / "host_vars/difusor-ejemplo.yml"
    host.write_text(host.read_text() + "preflight_allow: [disk, dsk]\npreflight_min_free_mb: mucho\n")
    lines = mistakes()
    assert [line.split(" expected ")[0] for line in lines] == [
        "host_vars/difusor-ejemplo.yml: preflight_allow:",
        "host_vars/difusor-ejemplo.yml: preflight_min_free_mb:",
    ]


def test_options_of_the_command_line_are_typed_too(mistakes: Callable) -> None:
    (line,) = mistakes("-e", "apache_tls_self_signed_days=soon")
    assert line == 'the command line (-e): apache_tls_self_signed_days: expected a whole number, got "soon"'
    assert mistakes("-e", "apache_tls_self_signed_days=30") == []


def test_a_call_of_the_workspaces_own(workspace: Path, mistakes: Callable) -> None:
    edit(workspace / "group_vars/diffusers.yml", "prep_call: dgo_2022", "prep_call: calls/own.yml")
    (workspace / "calls").mkdir()
    shutil.copy(EXAMPLE.parents[1] / "calls/dgo_2022.yml", workspace / "calls/own.yml")
    assert mistakes() == []
    (workspace / "calls/own.yml").write_text("stages: [x\n")
    (line,) = mistakes()
    assert "prep_call: expected a usable call" in line


def test_an_undefined_variable_in_a_value(workspace: Path, mistakes: Callable) -> None:
    edit(workspace / "host_vars/difusor-ejemplo.yml", "prep.periodico.example", '"{{ nowhere }}.example.org"')
    (line,) = mistakes()
    assert line.startswith("host_vars/difusor-ejemplo.yml: prep_domain: expected a value that can be evaluated")


def test_waivers_and_disputes_name_what_exists(workspace: Path, mistakes: Callable) -> None:
    host = workspace / "host_vars/difusor-ejemplo.yml"
    waiver = """prep_waivers:
  - {control: system.supported, version: 1, hosts: [difusor-ejemlpo], reason: x, approver: y, document: z,
     expires: "2030-01-01T00:00:00"}
"""
    edit(host, "prep_waivers: []\n", waiver)
    edit(host, "prep_disputes: []\n", 'prep_disputes:\n  - {control: cdn.usd, text: x, name: y, date: "2022-05-30"}\n')
    first, *others = mistakes()
    assert first.startswith("host_vars/difusor-ejemplo.yml: prep_waivers[0].expires: expected a time with its UTC")
    assert [line.split(" expected ")[0].split(": ", 1)[1] for line in others] == [
        "prep_waivers[0].hosts[0]:",
        "prep_disputes[0].post:",
        "prep_disputes[0].control:",
    ]
    assert "did you mean difusor-ejemplo?" in others[0]
    edit(host, "difusor-ejemlpo", "difusor-ejemplo")
    edit(host, '"2030-01-01T00:00:00"', '"2030-01-01T00:00:00-06:00"')
    edit(host, "cdn.usd, text: x, name: y,", "cdn.used, text: x, name: y, post: z,")
    assert mistakes() == []


def test_another_call_asks_for_other_stages_and_documents(workspace: Path, mistakes: Callable) -> None:
    edit(workspace / "group_vars/diffusers.yml", "prep_call: dgo_2022", "prep_call: ensayo_2027")
    keys = [line.split(" expected ")[0].split(": ", 1)[1] for line in mistakes()]
    for key in ("prep_contacts.tests:", "prep_contacts.installation:", "prep_documents.commitment:"):
        assert key in keys
    assert "prep_contacts.drills:" not in keys
