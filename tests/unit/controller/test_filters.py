"""The filters that roles and playbooks use."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.iepc.prep.plugins.filter.key_files import key_files
from ansible_collections.iepc.prep.plugins.filter.spanish_time import spanish_time


def test_one_root_owned_file_per_account() -> None:
    keys = [{"user": "root", "key": "ssh-ed25519 A"}, {"user": "ana", "key": "K"}, {"user": "root", "key": "B\n"}]
    ana, root = key_files(keys, "/etc/ssh/keys")
    assert (ana["path"], ana["mode"], ana["owner"]) == ("/etc/ssh/keys/ana", "0644", "root")
    assert root["content"].splitlines()[1:] == ["ssh-ed25519 A", "B"]


def test_a_key_without_account_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="entry 0: expected user and key"):
        key_files([{"key": "K"}], "/etc/ssh/keys")


def test_the_opening_is_told_as_people_say_it() -> None:
    assert spanish_time("2022-06-05 20:00") == "domingo 5 de junio de 2022, 20:00 horas (tiempo del centro)"


def test_what_is_no_clock_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="expected YYYY-MM-DD HH:MM"):
        spanish_time("5 de junio")
