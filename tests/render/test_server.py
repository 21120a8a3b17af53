"""What a host is told besides files is judged, too: each rule is seen to find something."""

from __future__ import annotations

from typing import Any

import driver
import matrix
import pytest
from checkers.common import System

SYSTEMS = {name: System(name, data) for name, data in driver.recorded().items()}
FILE: dict[str, Any] = {
    "path": "/etc/sysctl.d/x.conf",
    "state": "file",
    "content": "net.ipv4.tcp_syncookies = 1\n",
    "secret_content": None,
    "target": None,
    "owner": None,
    "group": None,
    "mode": "0644",
}


def call(module: str, **params: Any) -> dict[str, Any]:
    """Return a call as the recorder writes it."""
    return {"role": "x", "task": "x", "module": module, "check_mode": False, "params": params, "no_log": ["secret"]}


def transaction(*files: dict[str, Any], apply: Any = (), validate: Any = (), units: Any = ()) -> dict[str, Any]:
    """Return a transaction of such files, each with what differs from an ordinary one."""
    entries = [{**FILE, **entry} for entry in files]
    return call(matrix.TRANSACTION, files=entries, validate=list(validate), apply=list(apply), units=list(units))


def block(text: str) -> dict[str, Any]:
    """Return a call that puts lines into the package manager's configuration."""
    return call("blockinfile", path="/etc/dnf/dnf.conf", state="present", insertafter=r"^\[main\]", block=text)


def found(system: str, *calls: dict[str, Any]) -> list[str]:
    """Return what the matrix says of a host that got those calls."""
    hosts = [matrix.Host(SYSTEMS[system], "test", list(calls))]
    return [one.what for one in matrix.findings(matrix.Matrix(hosts, []))]


def test_an_ordinary_file_is_fine() -> None:
    assert found("centos7", transaction({}, apply=[["systemctl", "restart", "httpd"]])) == []
    assert found("rocky9", block("proxy=http://proxy.example:3128")) == []


def test_a_secret_may_be_where_ansible_keeps_it_secret() -> None:
    assert found("debian12", call("iepc.prep.rsync_door", secret=driver.SECRET)) == []


@pytest.mark.parametrize(
    ("system", "told", "because"),
    [
        ("centos7", transaction({"owner": "www-data"}), "no such account"),
        ("debian12", transaction({"group": "apache"}), "no such account"),
        ("debian12", transaction({"mode": "0666"}), "writable by everybody"),
        ("debian12", transaction({"mode": "u=rw"}), "not octal"),
        ("debian12", transaction({"content": f"# {driver.SECRET}\n"}), "shows a secret"),
        ("debian12", transaction({"path": "/etc/rsyncd.secrets", "content": "a:b\n"}), "expected secret_content"),
        ("debian12", transaction({"content": "net.ipv4.tcp_syncookies = 1"}), "end with a newline"),
        ("debian12", transaction({"content": "# {{ left }}\n"}), "left over by a template"),
        ("centos7", transaction({"path": "/etc/apache2/x", "state": "absent"}), "another family"),
        (
            "debian12",
            transaction(
                {
                    "path": "/etc/apache2/mods-enabled/x.load",
                    "state": "link",
                    "target": "../mods-available/nothere.load",
                }
            ),
            "no package of Debian brings",
        ),
        (
            "debian12",
            transaction(
                {"path": "/etc/apache2/conf-enabled/x.conf", "state": "link", "target": "../conf-available/x.conf"}
            ),
            "which is not written",
        ),
        ("centos7", transaction({}, validate=[["chronyd", "-p", "-f", "/etc/chrony.conf"]]), "since 4.0"),
        ("centos7", transaction({}, apply=[["systemctl", "reload", "ssh"]]), "no unit ssh"),
        ("centos7", transaction({}, units=["chrony"]), "no such unit"),
        ("debian12", transaction({}, validate=[["httpd", "-t"], ["sh", "-c", "semanage x"]]), "another family"),
        ("centos7", call("yum", name=["rsync-daemon"]), "not to be had there"),
        ("rocky9", call("dnf", name=["apache2"]), "not to be had there"),
        ("debian12", call("dnf", name=["rsync"]), "is not the package manager"),
        ("debian12", call("systemd_service", name="httpd"), "no such unit"),
        ("debian12", call("command", argv=["sh", "-c", f"echo {driver.SECRET}"]), "shows a secret"),
        ("debian12", call("iepc.prep.rsync_door", secret="x", user=driver.SECRET_LETTERS), "shows a secret"),
        ("rocky9", block("proxi=http://x/"), "not known to dnf"),
        ("rocky9", block("sslverify=0"), "is off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_host_is_told_wrongly_is_found(system: str, told: dict[str, Any], because: str) -> None:
    assert any(because in what for what in found(system, told)), found(system, told)


def test_a_failed_task_is_found() -> None:
    line = {"host": "centos7.alone_x", "role": "iepc.prep.x", "task": "t", "state": "failed", "msg": "why"}
    assert [one.what for one in matrix.findings(matrix.Matrix([], [line]))] == ["task failed: why"]


def test_a_role_that_writes_nothing_is_found() -> None:
    said = matrix.silent_roles(matrix.Matrix([], []))
    assert "apache did not run on debian12" in said
    log = [{"host": "debian12", "role": "iepc.prep.apache", "state": "ok"}]
    assert any("apache wrote no file on debian12" in one for one in matrix.silent_roles(matrix.Matrix([], log)))


def test_arguments_are_judged_by_the_module_s_own_spec() -> None:
    import recorder

    name = "iepc.prep.config_transaction"
    params, errors = recorder.validated(name, {"name": "x", "files": [{"path": "/etc/x", "content": "y"}]})
    assert errors == []
    assert params["files"][0]["state"] == "file"
    _params, errors = recorder.validated(name, {"name": "x", "files": [{"path": "/etc/x", "contents": "y"}]})
    assert any("contents" in error for error in errors)
    _params, errors = recorder.validated("stat", {"pth": "/etc/x"})
    assert errors


def test_yum_does_not_take_what_only_dnf_takes() -> None:
    import recorder

    if driver.CORE_VERSION.startswith("2.16."):
        assert recorder.validated("dnf", {"name": ["x"], "allowerasing": True})[1] == []
        assert recorder.validated("yum", {"name": ["x"], "allowerasing": True})[1] != []
