"""What the action `packages` understands of the package managers' words."""

from __future__ import annotations

import pytest
from ansible_collections.iepc.prep.plugins.action import packages


def test_what_would_be_installed() -> None:
    apt = {"stdout": "Reading package lists...\nInst libnftables1 (1.0.6 Debian [amd64])\nConf libnftables1 (1.0.6)\n"}
    assert packages._would_install(apt) == ["libnftables1"]
    dnf = {"results": ["Installed: nftables-1:1.0.9-3.el9.x86_64", "Removed: iptables-1.8-1.x86_64"]}
    assert packages._would_install(dnf) == ["nftables"]
    assert packages._would_install({}) == []


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
