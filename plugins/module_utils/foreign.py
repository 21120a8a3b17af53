# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server does besides PREP (II.7): findings out of evidence, and what of it can be stopped.

One home for both who use it: the controls ``dedicated.*`` judge by it, the role ``dedicated_host`` acts
by it. A finding is a dict

    kind      unit, port, process, package, container, vhost, cron or account
    name      what an allow-list would call it
    category  database, web, containers, mail, files ...; None when it is not known
    seen      the evidence, in one line
    local     whether only the server itself can reach it
    stop      units whose stopping ends it; [] when there are none or they must not be stopped
    keep      why it can't or must not be stopped; None when it can
    allowed   the reason given by whoever allowed it; None

Pure functions: evidence values in, lists out.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import foreign_tables as tables
from ansible_collections.iepc.prep.plugins.module_utils.addresses import is_loopback

KINDS = ("unit", "port", "process", "package", "container", "vhost", "cron", "account")
# Evidence that each kind rests on; `all_findings` leaves out a kind whose evidence could not be read.
NEEDS = {
    "unit": ("units", "sockets.listening", "owners"),
    "port": ("units", "sockets.listening", "owners"),
    "process": ("processes", "units"),
    "package": ("packages",),
    "container": ("containers", "units"),
    "vhost": ("httpd",),
    "cron": ("crons", "owners"),
    "account": ("users", "ssh.authorized"),
}
EVIDENCE = tuple(sorted(set(key for keys in NEEDS.values() for key in keys)))
ADMINS = ("root",)

BY_HAND = "was started by hand or in a session: there is no unit to stop"
OUTLETS_OWN = "is the outlet's to remove: nothing is deleted from afar"
UNKNOWN = "is not known: name it in dedicated_host_foreign_units to have it stopped"


def finding(kind, name, seen, category=None, local=False, stop=(), keep=None):
    """See the head of this file."""
    return {
        "kind": kind, "name": name, "category": category, "seen": seen, "local": local, "stop": list(stop),
        "keep": keep, "allowed": None,
    }  # fmt: skip


def place(one):
    """A socket as people write it: 0.0.0.0:6379/tcp."""
    address = "[%s]" % one["address"] if ":" in one["address"] else one["address"]
    return "%s:%d/%s" % (address, one["port"], one["proto"])


def unit_behind(one, units):
    """The unit that a listening socket belongs to; for one that systemd holds, the socket unit."""
    if one.get("pid") != 1:
        return one.get("unit")
    for unit in units:
        if any((held["proto"], held["port"]) == (one["proto"], one["port"]) for held in unit["listens"]):
            return unit["unit"]
    return None


def to_stop(unit, units):
    """A unit with whatever would start it again: its sockets and timers, and the services of a socket."""
    together = set([unit])
    for other in units:
        if other["unit"] == unit:
            together.update(other["triggered_by"])
        if unit in other["triggered_by"]:
            together.add(other["unit"])
    return sorted(together, key=lambda name: (name.endswith(".service"), name))


def plan(unit, units):
    """(units to stop, why not): a unit outside the system's own tree has none."""
    if not unit or not unit.endswith((".service", ".socket", ".timer")) or unit.startswith("user@"):
        return [], BY_HAND
    together = to_stop(unit, units)
    reasons = [tables.protection(name) for name in together]
    for reason in reasons:
        if reason:
            return [], reason
    return together, None


def unit_findings(units, sockets, owners, extra=()):
    """Units that are known to serve something else, and the outlet's own that nobody knows."""
    named = set(tables.base_name(name) for name in extra)
    found = []
    for one in units:
        unit = one["unit"]
        category = tables.category(unit) or ("named" if tables.base_name(unit) in named else None)
        own = _is_own(one, owners)
        if not category and not own:
            continue
        places = [socket for socket in sockets if unit_behind(socket, units) == unit]
        said = [", ".join(word for word in (one["active"], one["sub"], one["enabled"]) if word)]
        said += sorted(set(place(socket) for socket in places))
        package = owners.get(one["file"] or "")
        said.append("package %s" % package if package else "%s, of no package" % one["file"] if own else "")
        stop, keep = plan(unit, units)
        if not category and not keep and not any(is_foreign_port(socket) for socket in places):
            # Nobody knows what it is, and nobody outside notices it.
            stop, keep = [], UNKNOWN
        local = bool(places) and all(is_loopback(socket["address"]) for socket in places)
        found.append(finding("unit", unit, "; ".join(word for word in said if word), category, local, stop, keep))
    return found


def _is_own(one, owners):
    """Whether somebody put this unit there by hand: in /etc, of no package, and not PREP's."""
    path = one["file"] or ""
    return (
        path.startswith(("/etc/systemd/", "/usr/local/"))
        and owners.get(path) is None
        and not tables.protection(one["unit"])
    )


def is_foreign_port(one, asked=tables.PORTS["tcp"]):
    """Whether a socket takes from the network what neither the call nor the clock asks for.

    :arg asked: the call's TCP ports
    """
    known = asked if one["proto"] == "tcp" else tables.PORTS[one["proto"]]
    return not is_loopback(one["address"]) and one["port"] not in known


def port_findings(units, sockets, owners, asked=tables.PORTS["tcp"]):
    """Ports beyond loopback that neither the call (``asked``, TCP) nor the clock asks for."""
    found = {}
    for one in sockets:
        if not is_foreign_port(one, asked):
            continue
        unit = unit_behind(one, units)
        # What systemd holds on behalf of a unit is not systemd's.
        package = owners.get(one.get("exe") or "") if one.get("pid") != 1 else None
        said = [
            place(one),
            "process %s" % one["process"] if one["process"] else "the kernel's own",
            "user %s" % one["user"],
            "unit %s" % unit if unit else "",
            "package %s" % package if package else "program %s" % one["exe"] if one.get("exe") else "",
        ]
        stop, keep = plan(unit, units) if one["process"] else ([], "belongs to the kernel")
        name = "%d/%s" % (one["port"], one["proto"])
        key = (name, one["process"], unit)
        if key not in found:
            found[key] = finding("port", name, ", ".join(word for word in said if word), None, False, stop, keep)
            found[key]["process"] = one["process"]
            found[key]["unit"] = unit
    return [found[key] for key in sorted(found, key=lambda key: tuple("%s" % part for part in key))]


def process_findings(processes, units=()):
    """Database servers that run, with or without a unit."""
    found = []
    for one in processes:
        if one["comm"] in tables.DATABASE_PROCESSES:
            unit = one.get("unit")
            said = "%d of user %s%s" % (one["count"], one["user"], ", unit %s" % unit if unit else "")
            stop, keep = plan(unit, units)
            found.append(finding("process", one["comm"], said, "database", False, stop, keep))
    return found


def package_findings(packages):
    """Database servers that are installed, also when they don't run."""
    installed = packages["installed"]
    return [
        finding("package", name, "version %s" % installed[name], "database", False, (), OUTLETS_OWN)
        for name in sorted(installed)
        if tables.DATABASE_PACKAGES.match(name)
    ]


def container_findings(containers, units):
    """Containers that run; they end with their engine where that one is a unit."""
    engines = {"docker": "docker.service", "containerd": "containerd.service", "crio": "crio.service"}
    there = set(one["unit"] for one in units)
    found = []
    for one in containers["containers"]:
        name = one["name"] or (one["id"] or "")[:12] or "?"
        said = ["engine %s" % one["engine"]]
        said += ["image %s" % one["image"]] if one["image"] else []
        engine = engines.get(one["engine"])
        stop, keep = plan(engine, units) if engine in there else ([], "is to be stopped with its own engine")
        found.append(finding("container", name, ", ".join(said), "containers", False, stop, keep))
    return found


def vhost_findings(httpd, domain):
    """Sites of Apache's that are not the PREP's."""
    found = {}
    for one in httpd["vhosts"]:
        name = one["name"].lower()
        if name != domain.lower():
            seen = "port %s, %s:%s" % (one["port"], one["file"], one["line"])
            found.setdefault(name, finding("vhost", name, seen, "web", False, (), OUTLETS_OWN))
    return [found[name] for name in sorted(found)]


def is_foreign_cron(job, owners):
    """Whether a job comes neither from the system nor from PREP."""
    path = job["file"]
    if path == "/etc/crontab":
        return "run-parts" not in job["line"] and "/etc/cron." not in job["line"]
    if path.startswith(("/etc/cron.hourly/", "/etc/cron.daily/", "/etc/cron.weekly/", "/etc/cron.monthly/")):
        return owners.get(path) is None
    return not tables.SYSTEM_CRONS.match(path)


def cron_findings(crons, owners):
    """Scheduled jobs of somebody else's."""
    found = {}
    for job in crons:
        if not is_foreign_cron(job, owners):
            continue
        package = owners.get(job["file"])
        said = "user %s, %s" % (job["user"], job["line"][:80]) + (", package %s" % package if package else "")
        if job["file"] in found:
            found[job["file"]]["seen"] += "; " + job["line"][:80]
        else:
            found[job["file"]] = finding("cron", job["file"], said, None, False, (), OUTLETS_OWN)
    return [found[path] for path in sorted(found)]


def account_findings(users, keys):
    """Accounts besides the administration's that can log in."""
    found = []
    for one in users:
        if one["name"] in ADMINS or not _has_shell(one):
            continue
        held = keys.get(one["name"]) or []
        if one["password"] not in ("hash", "empty") and not held:
            continue
        said = "uid %d, shell %s, password %s, keys %d" % (one["uid"], one["shell"], one["password"], len(held))
        found.append(finding("account", one["name"], said, None, False, (), OUTLETS_OWN))
    return found


def _has_shell(user):
    return user.get("login", not user["shell"].endswith(("nologin", "false", "sync", "shutdown", "halt")))


def allow(findings, allowed):
    """Note the reason on each finding that somebody allowed; an allowed unit may have its ports, too.

    :arg allowed: [{kind, name, reason}]
    """
    reasons = {}
    for one in allowed or []:
        reasons[one["kind"], "%s" % one["name"]] = one["reason"]
    for one in findings:
        names = [one["name"]]
        if one["kind"] == "unit":
            names.append(tables.base_name(one["name"]))
        reason = [reasons[one["kind"], name] for name in names if (one["kind"], name) in reasons]
        if not reason and one.get("unit"):
            unit = one["unit"]
            reason = [reasons["unit", name] for name in (unit, tables.base_name(unit)) if ("unit", name) in reasons]
        if reason:
            one.update(allowed=reason[0], stop=[], keep=None)
    return findings


def all_findings(values, domain="", allowed=(), extra=()):
    """Every finding, and what could not be judged.

    :arg values: {evidence key: value, or None where it could not be read}
    :arg domain: the PREP site's name; without it the sites of Apache are not judged
    :arg allowed: [{kind, name, reason}]
    :arg extra: units that have no place here besides those of the table
    :returns: (findings, kinds that were left out)
    """
    httpd = values.get("httpd")
    readers = {
        "unit": lambda: unit_findings(values["units"], values["sockets.listening"], values["owners"], extra),
        "port": lambda: port_findings(values["units"], values["sockets.listening"], values["owners"]),
        "process": lambda: process_findings(values["processes"], values["units"]),
        "package": lambda: package_findings(values["packages"]),
        "container": lambda: container_findings(values["containers"], values["units"]),
        "vhost": lambda: vhost_findings(httpd, domain) if httpd["present"] else [],
        "cron": lambda: cron_findings(values["crons"], values["owners"]),
        "account": lambda: account_findings(values["users"], values["ssh.authorized"]),
    }
    found, left_out = [], []
    for kind in KINDS:
        unreadable = any(values.get(key) is None for key in NEEDS[kind])
        blind = kind == "vhost" and not unreadable and httpd["present"] and not (domain and httpd["syntax_ok"])
        if unreadable or blind:
            left_out.append(kind)
        else:
            found.extend(readers[kind]())
    return allow(found, allowed), left_out


def stoppable(findings):
    """Units to stop, sockets and timers first, so that nothing wakes a service again."""
    units = set(name for one in findings for name in one["stop"])
    return sorted(units, key=lambda name: (name.endswith(".service"), name))


def problems(allowed, extra):
    """Mistakes of the two lists, one line each: expected and got."""
    lines = []
    for index, one in enumerate(allowed):
        for field in ("name", "reason"):
            if not ("%s" % (one.get(field) or "")).strip():
                lines.append("dedicated_host_allowed[%d].%s: expected a text, got nothing" % (index, field))
        if one.get("kind") not in KINDS:
            lines.append(
                "dedicated_host_allowed[%d].kind: expected one of %s, got %s"
                % (index, ", ".join(KINDS), one.get("kind"))
            )
    for index, name in enumerate(extra):
        reason = tables.protection("%s" % name)
        if reason:
            lines.append(
                "dedicated_host_foreign_units[%d]: expected a unit that may be stopped, got %s, which %s"
                % (index, name, reason)
            )
    return lines
