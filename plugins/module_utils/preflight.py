# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Can this server be converged from here?  Judged from one contact, changing nothing.

:func:`parse` makes data of the contact script's output, :func:`judge` makes
findings of that data.  A finding is a dict

    slug      stable name; listed in ``preflight_allow`` it no longer blocks
    blocking  whether the server must not be converged
    allowed   whether somebody decided to go past it
    message   one line: what is wrong and what to do
"""

from __future__ import absolute_import, division, print_function

import re

from ansible_collections.iepc.prep.plugins.module_utils import addresses
from ansible_collections.iepc.prep.plugins.module_utils.contact_script import sections

__metaclass__ = type

# What the roles are written for: id of os-release -> major versions.
SUPPORTED = {
    "centos": (7, 8, 9, 10),
    "rhel": (8, 9, 10),
    "rocky": (8, 9, 10),
    "almalinux": (8, 9, 10),
    "ol": (8, 9, 10),
    "debian": (11, 12, 13),
}
MACHINES = ("x86_64", "aarch64")

# Oldest Python of a target that each ansible-core reaches, and the newest that it
# declares (its release notes; support matrix of the Ansible documentation).
CORE_REACH = {
    (2, 16): ((2, 7), (3, 12)),
    (2, 17): ((3, 7), (3, 12)),
    (2, 18): ((3, 8), (3, 13)),
    (2, 19): ((3, 8), (3, 13)),
    (2, 20): ((3, 9), (3, 14)),
    (2, 21): ((3, 9), (3, 14)),
}
LANES = {"el7": (2, 16), "current": (2, 19)}

# Before systemd 219 there is no `systemd-run --on-active` for the safety net.
OLDEST_SYSTEMD = 219
MAX_CLOCK_OFFSET_S = 60.0
# Since 2022-10-30 there is no daylight saving time in Durango (tzdata 2022f).
ZONE_OFFSET_2027 = "-0600"
# Free space that installation, cuts and the logs of election week need, in MiB.
MIN_FREE_MB = {"/": 1024, "/var": 1024, "/srv": 1024}
MIN_MEMORY_MB = 900
# A password that expires sooner than this could do so between onboarding and the memoria.
PASSWORD_MARGIN_DAYS = 30
# Types of SELinux that only say to whom ports in general belong (selinux-policy, corenetwork).
GENERAL_PORT_TYPES = ("port_t", "unreserved_port_t", "reserved_port_t", "hi_reserved_port_t", "ephemeral_port_t")

SLUGS = (
    "incomplete",
    "unsupported_system",
    "not_root",
    "no_python",
    "python_out_of_reach",
    "no_systemd",
    "disk",
    "memory",
    "source_not_allowed",
    "control_node",
    "clock",
    "tzdata",
    "other_firewall",
    "docker",
    "package_manager",
    "login_key",
    "password_expired",
    "password_expiring",
    "ssh_port",
)
# These are for a person to know; converging is safe, or is what mends them.
NOT_BLOCKING = ("tzdata", "docker", "memory", "control_node", "password_expiring")


def parse(output):
    """What a contact found out.

    :param output: standard output of the contact script.
    :returns: dict with ``complete``, ``epoch`` (float), ``uid``, ``kernel``, ``machine``, ``os_release``,
        ``pythons`` ([{path, version}]), ``disk`` ({path: {total_mb, free_mb}}), ``memory_mb``,
        ``ssh_connection``, ``source_address``, ``systemd`` ({running, version}), ``zone_offset_2027``,
        ``package_manager``, ``firewalls``, ``login`` ({user, keys, changed, longest, expires}; the last
        three are days of shadow(5) or ``None``), ``selinux`` ({enforcing, ports: [(type, first, last)]}).
        What could not be read is ``None`` or empty.
    """
    found = sections(output)
    kernel = _first(found, "kernel", "").split()
    connection = _first(found, "ssh_connection", "").split()
    return {
        "complete": "end" in found,
        "epoch": _number(_first(found, "epoch")),
        "uid": _integer(_first(found, "uid")),
        "kernel": kernel[1] if len(kernel) > 1 else None,
        "machine": kernel[-1] if kernel else None,
        "os_release": parse_os_release(found),
        "pythons": _pythons(found.get("pythons", [])),
        "disk": _disk(found.get("disk", [])),
        "memory_mb": (_integer(_first(found, "memory")) or 0) // 1024 or None,
        "ssh_connection": _named(connection, "client", "client_port", "server", "server_port"),
        "source_address": connection[0] if connection else None,
        "login": _login(found.get("login", [])),
        "selinux": _selinux(found.get("selinux", [])),
        "systemd": _systemd(found.get("systemd", [])),
        "zone_offset_2027": _first(found, "zone"),
        "package_manager": _first(found, "package_manager"),
        "firewalls": found.get("firewalls", []),
    }


def parse_os_release(found):
    """os-release(5) as {id, version_id, name, pretty, id_like}.

    :param found: sections of the script.  CentOS 7.0 to 7.9 and derivatives say the minor
        version only in /etc/redhat-release, Debian in /etc/debian_version.
    """
    values = {}
    for line in found.get("os_release", []):
        match = re.match(r"""^([A-Z_]+)=(["']?)(.*)\2$""", line.strip())
        if match:
            values[match.group(1)] = match.group(3)
    version = values.get("VERSION_ID", "")
    full = _first(found, "debian_version" if values.get("ID") == "debian" else "redhat_release", "")
    number = re.search(r"[0-9]+(?:\.[0-9]+)*", full)
    return {
        "id": values.get("ID", "").lower(),
        "version_id": version,
        "version_full": number.group(0) if number else version,
        "name": values.get("NAME", ""),
        "pretty": values.get("PRETTY_NAME", ""),
        "id_like": values.get("ID_LIKE", "").split(),
    }


def judge(
    facts, now, core_version, interpreter=None, allowed_sources=(), control_nodes=None, allow=(), min_free_mb=None,
    ssh_port=22, open_ports=(22,), keys_for=()
):
    """Findings about a server that was reached.

    :param facts: from :func:`parse`.
    :param now: the controller's clock at the same moment, seconds since the epoch.
    :param core_version: the controller's ansible-core, e.g. ``"2.16.19"``.
    :param interpreter: path of the Python that the inventory sets, or ``None`` for whichever is found.
    :param allowed_sources: ``prep_allowed_sources`` of this server.
    :param control_nodes: ``prep_control_nodes``, the addresses that are never banned; ``None`` to leave that out.
    :param allow: slugs of findings that somebody decided to go past.
    :param min_free_mb: {path: MiB}; default :data:`MIN_FREE_MB`.
    :param ssh_port: where sshd is going to listen.
    :param open_ports: what the firewall is going to let in from the allow-list.
    :param keys_for: accounts that the run is going to authorise a key for.
    :returns: list of findings.
    """
    findings = []

    def say(slug, message):
        allowed = slug in allow
        findings.append(
            {
                "slug": slug,
                "blocking": slug not in NOT_BLOCKING and not allowed,
                "allowed": allowed,
                "message": message,
            }
        )

    if not facts["complete"]:
        say(
            "incomplete",
            "the contact broke off before its end; try again, and look at the server's login shell",
        )
        return findings
    _judge_system(facts, say)
    if facts["uid"] != 0:
        say(
            "not_root",
            "commands run with uid %s instead of 0; set ansible_user: root, or ansible_become: true with a "
            "user that may" % facts["uid"],
        )
    _judge_python(facts, core_version, interpreter, say)
    _judge_room(facts, MIN_FREE_MB if min_free_mb is None else min_free_mb, say)
    source = facts["source_address"]
    if source and not any(addresses.contains(network, source) for network in allowed_sources):
        say(
            "source_not_allowed",
            "the server sees this control node as %s, which prep_allowed_sources lacks: closing 22 "
            "would lock it out; add %s" % (source, source),
        )
    elif source and control_nodes is not None and source not in control_nodes:
        message = "the server sees this control node as %s, which prep_control_nodes lacks: it could be banned"
        say("control_node", message % source)
    if source:
        _judge_login(facts["login"], int(now // 86400), keys_for, say)
    _judge_ssh_port(facts["selinux"], ssh_port, open_ports, say)
    _judge_time(facts, now, say)
    others = [name for name in facts["firewalls"] if name not in ("firewalld", "docker")]
    if others:
        say(
            "other_firewall",
            "%s manages the firewall already and would undo firewalld's rules; stop and disable it"
            % ", ".join(others),
        )
    if "docker" in facts["firewalls"]:
        say(
            "docker",
            "docker runs here: its rules open ports past firewalld, and the server should be dedicated",
        )
    return findings


def _judge_system(facts, say):
    release = facts["os_release"]
    name = release["pretty"] or "%s %s" % (release["id"] or "unknown", release["version_id"])
    major = _integer(release["version_id"].split(".")[0])
    if major not in SUPPORTED.get(release["id"], ()):
        say(
            "unsupported_system",
            "%s is not among the systems that the roles are written for (%s)" % (name, systems()),
        )
    elif facts["machine"] not in MACHINES:
        say(
            "unsupported_system",
            "%s is %s; a 64-bit server is needed (%s)" % (name, facts["machine"], ", ".join(MACHINES)),
        )
    if not facts["package_manager"]:
        say("package_manager", "neither dnf, yum nor apt-get was found")
    systemd = facts["systemd"]
    if not systemd["running"]:
        say("no_systemd", "systemd does not run here; services cannot be managed, nor the safety net armed")
    elif systemd["version"] and systemd["version"] < OLDEST_SYSTEMD:
        say("no_systemd", "systemd %d is too old, %d is needed" % (systemd["version"], OLDEST_SYSTEMD))


def systems():
    """The supported systems in words."""
    return ", ".join(
        "%s %s" % (name, "/".join(str(one) for one in SUPPORTED[name])) for name in sorted(SUPPORTED)
    )


def reaches(core, version):
    """Whether an ansible-core can drive a target's Python.

    Newer ones than declared are tried (with 2.16, Python 3.13 works); older ones never work.

    :param core: (2, 16); unknown newer lines are taken as the newest known.
    :param version: (3, 6).
    """
    oldest = CORE_REACH.get(core, CORE_REACH[max(CORE_REACH)] if core > max(CORE_REACH) else None)
    if oldest is None:
        return False
    # Between 2.7 and 3.6 ansible-core 2.16 reaches nothing.
    return version >= oldest[0] and not (3, 0) <= version < (3, 6)


def _judge_python(facts, core_version, interpreter, say):
    core = tuple(int(part) for part in core_version.split(".")[:2])
    usable = [one for one in facts["pythons"] if one["version"]]
    if interpreter:
        usable = [one for one in usable if one["path"] == interpreter]
        if not usable:
            say(
                "no_python",
                "ansible_python_interpreter is %s, which is no Python on this server" % interpreter,
            )
            return
    if not usable:
        say("no_python", "no Python was found; install python3 (CentOS 7: python)")
        return
    versions = sorted(set(version_tuple(one["version"])[:2] for one in usable))
    if any(reaches(core, version) for version in versions):
        return
    lanes = [lane for lane in sorted(LANES) if any(reaches(LANES[lane], version) for version in versions)]
    say(
        "python_out_of_reach",
        "ansible-core %s cannot drive this server's Python %s; %s"
        % (
            core_version,
            ", ".join("%d.%d" % version for version in versions),
            "lane %s (ansible-core %s) can"
            % (" or ".join(lanes), " or ".join("%d.%d" % LANES[one] for one in lanes))
            if lanes
            else "no lane can, install a newer Python",
        ),
    )


def _judge_room(facts, min_free_mb, say):
    for path in sorted(min_free_mb):
        free = facts["disk"].get(path, {}).get("free_mb")
        if free is not None and free < min_free_mb[path]:
            say("disk", "%s has %d MiB free, %d are needed" % (path, free, min_free_mb[path]))
    memory = facts["memory_mb"]
    if memory is not None and memory < MIN_MEMORY_MB:
        say("memory", "%d MiB of memory; %d or more are advisable" % (memory, MIN_MEMORY_MB))


def _judge_login(login, today, keys_for, say):
    user = login["user"]
    if not user:
        return
    if not login["keys"] and user not in keys_for:
        say(
            "login_key",
            "%s has no key in authorized_keys: once passwords are off it could not come in again; "
            "add one (ssh-copy-id), or in sshd_hardening_authorized_keys" % user,
        )
    ends = [
        day
        for day in (
            login["expires"],
            login["changed"] + login["longest"]
            # From 10000 days on, shadow(5) knows no aging.
            if login["changed"] is not None and login["longest"] is not None and login["longest"] < 10000
            else None,
        )
        if day is not None
    ]
    if login["changed"] == 0 or (ends and min(ends) < today):
        say(
            "password_expired",
            "the password of %s has expired, and PAM lets no key pass that; set a new one, or chage -M -1 -E -1 %s"
            % (user, user),
        )
    elif ends and min(ends) - today < PASSWORD_MARGIN_DAYS:
        say(
            "password_expiring",
            "the password of %s expires in %d days, and PAM then lets no key pass; chage -M -1 -E -1 %s"
            % (user, min(ends) - today, user),
        )


def _judge_ssh_port(selinux, port, open_ports, say):
    port = int(port)
    if port not in [int(one) for one in open_ports]:
        say(
            "ssh_port",
            "sshd is to listen on %d, which the firewall is not to let in; add it to firewalld_restricted_ports"
            % port,
        )
    if port == 22 or not selinux["enforcing"]:
        return
    owners = sorted(
        set(
            kind
            for kind, first, last in selinux["ports"]
            if first <= port <= last and kind not in GENERAL_PORT_TYPES + ("ssh_port_t",)
        )
    )
    if owners:
        say(
            "ssh_port",
            "SELinux keeps port %d for %s, and sshd could not listen there; choose another sshd_hardening_port"
            % (port, ", ".join(owners)),
        )


def _judge_time(facts, now, say):
    if facts["epoch"] is not None:
        offset = facts["epoch"] - now
        if abs(offset) > MAX_CLOCK_OFFSET_S:
            say(
                "clock",
                "the clock is %d s %s of the control node's; set it (date -s, or chronyc makestep)"
                % (abs(offset), "ahead" if offset > 0 else "behind"),
            )
    zone = facts["zone_offset_2027"]
    if zone != ZONE_OFFSET_2027:
        say(
            "tzdata",
            "America/Monterrey is %s in June 2027, not %s: tzdata is missing or older than 2022f; update it"
            % (zone or "unknown", ZONE_OFFSET_2027),
        )


def version_tuple(text):
    """``"3.6.8"`` as (3, 6, 8)."""
    return tuple(int(part) for part in re.findall(r"[0-9]+", text)[:3])


def one_line(reason, width=300):
    """The part of ssh's or sudo's complaint that says something, on one line.

    Known-hosts chatter, banners and the frame of a changed key's warning are left out.
    """
    if "REMOTE HOST IDENTIFICATION HAS CHANGED" in (reason or ""):
        return "ssh: the server's host key is not the known one; confirm it with the outlet, then correct known_hosts"
    lines = [line.strip() for line in re.split(r"[\r\n]+", reason or "")]
    kept = [
        line
        for line in lines
        if line and not line.startswith(("Warning: Permanently added", "@@@", "debug1:"))
    ]
    text = " ".join(" ".join(kept).split())
    text = re.sub(r"^(?:Task failed: )?Failed to connect to the host via ssh: ?(?:ssh: )?", "ssh: ", text)
    return text if len(text) <= width else text[: width - 3] + "..."


def _first(found, name, default=None):
    lines = found.get(name) or []
    return lines[0].strip() if lines else default


def _named(values, *names):
    return {name: values[index] for index, name in enumerate(names) if index < len(values)}


def _integer(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _number(text):
    # busybox and old coreutils leave %N as it is.
    found = re.match(r"^[0-9]+(?:\.[0-9]+)?", text or "")
    return float(found.group(0)) if found else None


def _pythons(lines):
    pythons = []
    for line in lines:
        path, _blank, version = line.strip().rpartition(" ")
        if path and path not in [one["path"] for one in pythons]:
            pythons.append({"path": path, "version": version if version[:1].isdigit() else None})
    return pythons


def _disk(lines):
    disk = {}
    for line in lines:
        parts = line.split()
        if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
            disk[parts[0]] = {"total_mb": int(parts[1]) // 1024, "free_mb": int(parts[2]) // 1024}
    return disk


def _login(lines):
    said = dict(line.split(" ", 1) for line in lines if " " in line)
    # Last change, longest life and expiry of the account; the third of the four is its grace.
    days = [_integer(part) for part in said.get("days", "").strip().split(":")] + [None] * 4
    longest = days[1] if days[1] is None or days[1] >= 0 else None
    return {
        "user": said.get("user"),
        "keys": _integer(said.get("keys")),
        "changed": days[0],
        "longest": longest,
        "expires": days[3] if days[3] is None or days[3] >= 0 else None,
    }


def _selinux(lines):
    ports = []
    for line in lines:
        kind, _blank, numbers = line.partition(" ")
        for number in re.findall(r"[0-9]+(?:-[0-9]+)?", numbers):
            first, _dash, last = number.partition("-")
            ports.append((kind, int(first), int(last or first)))
    return {"enforcing": "enforcing" in lines, "ports": ports}


def _systemd(lines):
    versions = [int(line) for line in lines if line.isdigit()]
    return {"running": "running" in lines, "version": versions[0] if versions else None}
