"""What one look at the software spares the roles, and when it no longer holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.action.component_versions import ActionModule as ComponentVersions
from ansible_collections.iepc.prep.plugins.action.packages import ActionModule as Packages
from ansible_collections.iepc.prep.plugins.plugin_utils.software_stock import outdated, stock

SEEN = {"taken": "1.5", "versions": {"httpd": "2.4.62"}, "packages": ["apache2", "openssl"]}


class Task:
    """As much of a task as the two plugins look at; a mock, for what they decide needs no server."""

    check_mode = False
    async_val = 0

    def __init__(self, **args: Any) -> None:
        self.args = args


def told(
    plugin: type, variables: dict[str, Any], answer: dict[str, Any], **args: Any
) -> tuple[dict[str, Any], list[str]]:
    """A plugin's result, and the modules that it ran on the server, each answered so."""
    action = plugin.__new__(plugin)
    ran: list[str] = []
    action._task, action._supports_check_mode, action._supports_async = Task(**args), True, False
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
    action._low_level_execute_command = lambda *_args, **_rest: ran.append("shell") or {"rc": 1}
    action._execute_module = lambda module_name="versions", **_rest: ran.append(module_name) or dict(answer)
    return action.run(task_vars=variables), ran


def variables(**more: Any) -> dict[str, Any]:
    return {"ansible_facts": {"pkg_mgr": "apt", **more}, "prep_software": SEEN}


def test_it_holds_until_something_is_installed() -> None:
    assert stock(variables()) == SEEN
    assert stock(variables(**outdated(variables()))) == {}
    # Of another look, nothing was said.
    assert stock(variables(prep_software_outdated="0.5")) == SEEN


@pytest.mark.parametrize("seen", [None, {}, {"failed": True, "msg": "no Python"}, {"skipped": True}])
def test_a_look_that_failed_says_nothing(seen: Any) -> None:
    assert stock({"prep_software": seen, "ansible_facts": {}}) == {} == outdated({"prep_software": seen})


def test_versions_that_are_known_cost_no_trip() -> None:
    known = {"versions": {"httpd": "other"}}
    result, ran = told(ComponentVersions, variables(), known, names=["httpd"])
    assert (result["versions"], result["skipped"], ran) == ({"httpd": "2.4.62"}, True, [])
    # One that nobody asked for, and all after an installation: the server is asked.
    assert told(ComponentVersions, variables(), known, names=["httpd", "rsync"])[1] == ["versions"]
    assert told(ComponentVersions, variables(prep_software_outdated="1.5"), known, names=["httpd"])[1] == ["versions"]


def test_packages_that_are_there_cost_no_trip() -> None:
    result, ran = told(Packages, variables(), {"changed": True}, name=["apache2"])
    assert (result["skipped"], result["changed"], ran) == (True, False, [])
    assert told(Packages, variables(), {"changed": False}, name=["apache2"], state="latest")[1] == [
        "ansible.legacy.apt"
    ]


def test_who_installs_says_that_the_stock_is_old() -> None:
    result, ran = told(Packages, variables(), {"changed": True}, name=["apache2", "rsync"])
    assert ran == ["shell", "ansible.legacy.apt"]
    assert stock(variables(**result["ansible_facts"])) == {}
    assert "ansible_facts" not in told(Packages, variables(), {"changed": False}, name=["rsync"])[0]
