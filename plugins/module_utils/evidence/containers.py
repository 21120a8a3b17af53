# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Container engines and the containers that run, without asking the engines."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence import processes

ENGINES = (
    ("docker", ("dockerd",)), ("containerd", ("containerd",)), ("podman", ("podman",)), ("crio", ("crio",)),
    ("lxc", ("lxc-start", "lxd")), ("kubelet", ("kubelet",)), ("nspawn", ("systemd-nspawn",)),
)
# One monitor process per container (or pod); comm is cut at 15 characters.
MONITORS = ("containerd-shim", "conmon", "docker-containe", "lxc-monitord", "systemd-nspawn")
DOCKER_CONFIG = "/var/lib/docker/containers/%s/config.v2.json"
_ID = re.compile(r"\b[0-9a-f]{64}\b")


def _option(argv, *names):
    """The argument of an option, written `-n NAME` or `--name=NAME`; None without it."""
    for position, word in enumerate(argv):
        if word in names and position + 1 < len(argv):
            return argv[position + 1]
        if word.startswith(names) and "=" in word:
            return word.partition("=")[2]
    return None


def parse_monitor(comm, cmdline):
    """A monitor's name and command line (with NULs) -> {engine, id, name, image}."""
    argv = [word for word in cmdline.split("\0") if word]
    found = _ID.search(" ".join(argv))
    ident = found.group(0) if found else None
    if comm.startswith("conmon"):
        # CRI-O's conmon gets the container's id alone; podman's a name as well.
        name = _option(argv, "-n", "--name")
        return {"engine": "podman" if "podman" in cmdline else "crio", "id": ident, "name": name, "image": None}
    if comm.startswith("systemd-nspawn"):
        return {"engine": "nspawn", "id": None, "name": _option(argv, "-M", "--machine"), "image": None}
    if comm.startswith("lxc"):
        return {"engine": "lxc", "id": None, "name": None, "image": None}
    engine = "docker" if comm.startswith("docker") or "moby" in argv else "containerd"
    return {"engine": "kubernetes" if "k8s.io" in argv else engine, "id": ident, "name": None, "image": None}


def parse_docker_config(text):
    """Docker's own record of a container -> (name, image), None where it does not say."""
    try:
        data = json.loads(text)
        return (data.get("Name") or "").lstrip("/") or None, (data.get("Config") or {}).get("Image")
    except (ValueError, AttributeError):
        return None, None


def running(look):
    """[{engine, id, name, image}] of the containers that run."""
    found = []
    for pid, comm, _user, _unit in processes.table(look):
        if not comm.startswith(MONITORS):
            continue
        one = parse_monitor(comm, look.peek("/proc/%d/cmdline" % pid) or "")
        if one["engine"] == "docker" and one["id"]:
            one["name"], one["image"] = parse_docker_config(look.peek(DOCKER_CONFIG % one["id"], 262144) or "")
        found.append(one)
    return found


def collect(look, options):
    """containers: engines installed, and containers running by their monitor processes."""
    engines = []
    for engine, programs in ENGINES:
        look.source("which " + " ".join(programs))
        if any(look.which(program) for program in programs):
            engines.append(engine)
    found = running(look)
    return {"engines": engines, "running": len(found), "containers": found}
