"""Mistakes in the door's options: one line each, and never the secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.filter.rsync_door_problems import rsync_door_problems

GOOD: dict[str, Any] = {
    "module": "prep", "path": "/srv/prep/incoming", "user": "prep", "group": "prep", "auth_user": "iepc",
    "secret": "a-Secret-0123456789", "hosts_allow": ["203.0.113.10", "2001:db8:10::/64"], "port": "873",
    "max_connections": 10, "timeout_s": 60, "restart_wait_s": 0, "note": "/srv/prep/trigger/pushed",
}  # fmt: skip


def test_what_works() -> None:
    assert rsync_door_problems(GOOD) == []
    assert rsync_door_problems({**GOOD, "hosts_allow": []}) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("module", "a b"), ("module", "[prep]"), ("module", ["prep"]), ("module", ""), ("path", "srv/prep"),
        ("path", "/srv/my prep"), ("path", "/"), ("user", "a:b"), ("auth_user", "a b"), ("port", 0), ("port", "http"),
        ("max_connections", 0), ("timeout_s", 0), ("note", "/srv/x; id"), ("note", "/srv/../etc/x"), ("note", "note"),
        ("hosts_allow", ["origen.example"]), ("hosts_allow", ["0.0.0.0/0"]), ("hosts_allow", ["127.0.0.1"]),
        ("hosts_allow", ["127.0.0.0/8"]), ("hosts_allow", ["::1"]),
    ],
)  # fmt: skip
def test_one_line_that_names_the_option(option: str, value: Any) -> None:
    (line,) = rsync_door_problems({**GOOD, option: value})
    assert line.startswith(f"rsync_daemon_{option}: expected ")
    assert "\n" not in line and ", got " in line


@pytest.mark.parametrize(
    "secret", ["", None, "short", "two-lines-of-secret\nand-more", "has-a-#-in-it-0123456", "a:colon-in-the-secret"]
)
def test_a_bad_secret_is_not_shown(secret: Any) -> None:
    (line,) = rsync_door_problems({**GOOD, "secret": secret})
    assert line.startswith("rsync_daemon_secret: expected ")
    assert not secret or secret.split()[0] not in line
