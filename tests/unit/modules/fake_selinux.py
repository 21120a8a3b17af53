"""semanage, setsebool, restorecon and selinuxenabled that keep their policy in a JSON file.

Their listings have the form of policycoreutils 2.5, Enterprise Linux 7.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

STATE = Path(os.environ.get("FAKE_SELINUX", "/nonexistent")) / "policy.json"
PROGRAMS = ("semanage", "setsebool", "restorecon", "selinuxenabled")
FRESH = {
    "enabled": True,
    "fcontext": {"/srv/other(/.*)?": "httpd_sys_content_t"},
    "boolean": {"rsync_anon_write": ["off", "off"], "httpd_can_network_connect": ["off", "off"]},
    "port": {"ssh_port_t tcp": ["22"], "http_port_t tcp": ["80", "81", "443"], "unreserved_port_t tcp": ["1024-32767"]},
    "relabelled": [],
    "changes": 0,
}


def install(directory: Path) -> None:
    """Put the programs into a directory for PATH, with a fresh policy beside them."""
    for name in PROGRAMS:
        program = directory / name
        program.write_text(f"#!/bin/sh\nexec {sys.executable} {__file__} {name} \"$@\"\n")
        program.chmod(0o755)
    (directory / "policy.json").write_text(json.dumps(FRESH))


def listing(kind: str, policy: dict) -> str:
    """What `semanage KIND -l -n` prints."""
    if kind == "fcontext":
        return "".join(
            f"{target:50} {'all files':18} system_u:object_r:{setype}:s0 \n"
            for target, setype in policy["fcontext"].items()
        )
    if kind == "boolean":
        return "".join(
            f"{name:30} ({now:5},{later:>5})  Allow {name}\n" for name, (now, later) in policy["boolean"].items()
        )
    return "".join(
        "{:30} {:8} {}\n".format(*name.split(), ", ".join(ports)) for name, ports in policy["port"].items()
    )


def semanage(policy: dict, kind: str, action: str, *rest: str) -> str:
    """The verbs that the module uses, with semanage's own refusals."""
    if action == "-l":
        return listing(kind, policy)
    options = dict(zip(rest[:-1:2], rest[1:-1:2], strict=True))
    policy["changes"] += 1
    if kind == "fcontext":
        if (rest[-1] in policy["fcontext"]) != (action == "-m"):
            sys.exit(f"ValueError: File context for {rest[-1]} {'already' if action == '-a' else 'not'} defined")
        policy["fcontext"][rest[-1]] = options["-t"]
    else:
        taken = any(rest[-1] in ports for ports in policy["port"].values())
        if taken != (action == "-m"):
            sys.exit(f"ValueError: Port tcp/{rest[-1]} {'already' if taken else 'not'} defined")
        policy["port"].setdefault(f"{options['-t']} {options['-p']}", []).append(rest[-1])
    return ""


def main() -> None:
    """Run as the program named first."""
    name, *arguments = sys.argv[1:]
    policy = json.loads(STATE.read_text())
    if name == "selinuxenabled":
        sys.exit(0 if policy["enabled"] else 1)
    if name == "semanage":
        print(semanage(policy, *arguments), end="")
    elif name == "setsebool":
        policy["changes"] += 1
        policy["boolean"][arguments[1]] = [arguments[2], arguments[2]]
    elif name == "restorecon":
        policy["relabelled"].append(arguments[-1])
    STATE.write_text(json.dumps(policy))


if __name__ == "__main__":
    main()
