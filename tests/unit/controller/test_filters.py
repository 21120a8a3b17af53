"""The filters that roles and playbooks use."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.filter.key_files import key_files
from ansible_collections.iepc.prep.plugins.filter.maintained_until import maintained_until
from ansible_collections.iepc.prep.plugins.filter.outermost_sources import outermost_sources
from ansible_collections.iepc.prep.plugins.filter.source_mistakes import source_mistakes
from ansible_collections.iepc.prep.plugins.filter.spanish_time import spanish_time
from ansible_collections.iepc.prep.plugins.filter.sshd_answers import sshd_answers

# Public keys that nobody has the other half of.
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1dGZvcnRlc3Rpbmdvbmx5YnV0Zm9ydGVzdGluZ29ubHk="
RSA_512 = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQ" + "D" * 86 + "="


def test_one_root_owned_file_per_account() -> None:
    other = 'from="192.0.2.1" ' + ED25519 + " console"
    keys = [{"user": "root", "key": ED25519}, {"user": "ana", "key": ED25519}, {"user": "root", "key": other + "\n"}]
    ana, root = key_files(keys, "/etc/ssh/keys")
    assert (ana["path"], ana["mode"], ana["owner"]) == ("/etc/ssh/keys/ana", "0644", "root")
    assert root["content"].splitlines()[1:] == [ED25519, other]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"key": ED25519}, "expected user and key"),
        ({"user": "../root", "key": ED25519}, "user: expected the name of an account"),
        ({"user": "root", "key": "id_ed25519.pub"}, "key: expected one public key line"),
        ({"user": "root", "key": ED25519[:40]}, "key: expected one public key line"),
        ({"user": "root", "key": ED25519 + "\n" + ED25519}, "key: expected one public key line"),
        ({"user": "root", "key": RSA_512}, "RSA of 2048 bits or more, got ssh-rsa"),
        ({"user": "root", "key": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "got a private one"),
    ],
)
def test_what_is_no_key_of_an_account_is_refused(entry: dict[str, str], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=rf"sshd_hardening_authorized_keys\[0\].*{said}"):
        key_files([entry], "/etc/ssh/keys")


def test_sources_that_are_nobody_s() -> None:
    assert source_mistakes(["192.0.2.1", "2001:db8::/32"], "x") == []
    host_bits, everyone, name = source_mistakes(["192.0.2.1/24", "0.0.0.0/0", "elmural.example"], "x")
    assert host_bits == "x[0]: expected a network without host bits, got 192.0.2.1/24 (did you mean 192.0.2.0/24?)"
    assert everyone.startswith("x[1]: ") and name.startswith("x[2]: ")


def test_sources_that_lie_in_others_are_left_out() -> None:
    sources = ["10.1.2.3", "192.0.2.7", "10.0.0.0/8", "2001:db8::1", "10.0.0.0/16", "192.0.2.7/32"]
    assert outermost_sources(sources, 4) == ["10.0.0.0/8", "192.0.2.7/32"]
    assert outermost_sources(sources, 6) == ["2001:db8::1"]


def test_what_sshd_answers_when_settings_hold() -> None:
    settings = "# a comment\nPermitRootLogin prohibit-password\nChallengeResponseAuthentication no\n"
    settings += "GSSAPIAuthentication no\n"
    assert sshd_answers(settings) == ["permitrootlogin without-password", "kbdinteractiveauthentication no"]


def test_until_when_a_system_is_maintained() -> None:
    facts = {"distribution": "CentOS", "distribution_major_version": "8", "distribution_release": "Stream"}
    assert maintained_until(facts)["date"] == "2024-05-31"
    assert maintained_until({**facts, "distribution": "Gentoo"})["date"] == ""


def test_the_opening_is_told_as_people_say_it() -> None:
    assert spanish_time("2022-06-05 20:00") == "domingo 5 de junio de 2022, 20:00 horas (tiempo del centro)"


def test_what_is_no_clock_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="expected YYYY-MM-DD HH:MM"):
        spanish_time("5 de junio")
