# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Container engines and how many containers run, without asking the engines."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.evidence import processes

ENGINES = (
    ("docker", ("dockerd",)), ("containerd", ("containerd",)), ("podman", ("podman",)), ("crio", ("crio",)),
    ("lxc", ("lxc-start", "lxd")), ("kubelet", ("kubelet",)), ("nspawn", ("systemd-nspawn",)),
)
# One monitor process per container (or pod); comm is cut at 15 characters.
MONITORS = ("containerd-shim", "conmon", "docker-containe", "lxc-monitord")


def count_running(pairs):
    """[(comm, user)] of all processes -> containers."""
    return sum(1 for comm, _user in pairs if comm.startswith(MONITORS))


def collect(look, options):
    """containers: engines installed, and containers running by their monitor processes."""
    engines = []
    for engine, programs in ENGINES:
        look.source("which " + " ".join(programs))
        if any(look.which(program) for program in programs):
            engines.append(engine)
    return {"engines": engines, "running": count_running(processes.names(look))}
