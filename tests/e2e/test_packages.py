"""That nothing is to be installed is seen in a moment, and never where there is something to do."""

from __future__ import annotations

import shlex

import pytest
from ansible_collections.iepc.prep.plugins.action.packages import INSTALLED  # type: ignore[import-untyped]
from workspace import DIFFUSERS, must, on

UNFINISHED = "/var/lib/dpkg/updates/0001"


def are_installed(host: str, *names: str) -> bool:
    """Ask as the action does."""
    script = INSTALLED["apt"].format(names=shlex.join(names), joined=shlex.quote(" ".join(names)))
    return on(host, script).rc == 0


@pytest.mark.parametrize("host", DIFFUSERS)
def test_what_is_there_whole_and_wanted(host: str) -> None:
    assert are_installed(host, "openssl", "rsync")
    assert not are_installed(host, "openssl", "no-such-package")
    must(host, f"touch {UNFINISHED}")
    try:
        assert not are_installed(host, "openssl")
    finally:
        must(host, f"rm {UNFINISHED}")
    # Nobody but a dependency asked for it: to mark it as wanted is work.
    must(host, "apt-mark auto openssl >/dev/null")
    try:
        assert not are_installed(host, "rsync", "openssl")
        assert are_installed(host, "rsync")
    finally:
        must(host, "apt-mark manual openssl >/dev/null")
