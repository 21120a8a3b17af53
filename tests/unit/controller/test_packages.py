"""What the action `packages` understands of the package managers' words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.iepc.prep.plugins.action import packages


def test_what_would_be_installed() -> None:
    apt = {"stdout": "Reading package lists...\nInst libnftables1 (1.0.6 Debian [amd64])\nConf libnftables1 (1.0.6)\n"}
    assert packages._would_install(apt) == ["libnftables1"]
    dnf = {"results": ["Installed: nftables-1:1.0.9-3.el9.x86_64", "Removed: iptables-1.8-1.x86_64"]}
    assert packages._would_install(dnf) == ["nftables"]
    assert packages._would_install({}) == []


EARLY, LATE = ["chrony", "procps", "openssl"], ["apache2", "openssl", "procps"]


@pytest.mark.parametrize(
    ("names", "check", "variables", "along"),
    [
        (["chrony"], False, {}, ["procps", "openssl"]),
        # In both: the first.
        (["procps"], False, {}, ["chrony", "openssl"]),
        # All of it only in the second, although the first has a part.
        (["apache2", "openssl"], False, {}, ["procps"]),
        (["other"], False, {}, []),
        (["chrony"], True, {}, ["openssl"]),
        (["chrony"], False, {"ansible_run_tags": ["time_sync"]}, []),
        (["chrony"], False, {"ansible_skip_tags": ["apache"]}, []),
    ],
)
def test_what_is_installed_along(names: list[str], check: bool, variables: dict[str, Any], along: list[str]) -> None:
    action = packages.ActionModule.__new__(packages.ActionModule)
    action._task = SimpleNamespace(args={"along": [EARLY, LATE]}, check_mode=check)
    assert action._along(names, {"procps"}, {"ansible_run_tags": ["all"], **variables}) == along


def test_what_is_installed_along_is_lists() -> None:
    action = packages.ActionModule.__new__(packages.ActionModule)
    action._task = SimpleNamespace(args={"along": ["chrony"]}, check_mode=False)
    with pytest.raises(AnsibleActionFail, match="along: expected a list of lists"):
        action._along(["chrony"], set(), {})


@pytest.mark.parametrize(
    ("said", "cut_off"),
    [
        ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.", True),
        ("E: The package chrony needs to be reinstalled, but I can't find an archive for it.", True),
        ("No package matching 'chrony' is available", False),
    ],
)
def test_what_a_power_cut_leaves(said: str, cut_off: bool) -> None:
    assert packages.ActionModule._was_cut_off({"failed": True, "msg": said}) is cut_off
