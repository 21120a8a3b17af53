# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report needs to know of each host, out of Ansible's variables."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansible.errors import AnsibleError
from ansible_collections.iepc.prep.plugins.module_utils import log_budget, preflight, vantage
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import to_plain


def inputs_of(names, hostvars):
    """The inputs of hosts that were looked at together, for ``report_model.build``.

    :param names: the hosts of the play, in its order.
    :param hostvars: Ansible's ``hostvars``.
    """
    views, blind = outside_views(names, hostvars)
    return [host_inputs(name, hostvars, views, blind) for name in names]


def outside_views(names, hostvars):
    """What was seen from outside, whichever host's task looked.

    :param names: the hosts of the play: each of them looked from some of the vantage points, at all hosts.
    :returns: (``[(vantage point's host, probe)]``, ``[{name, reason}]`` of those that could not look).
    """
    views, blind = [], []
    for name in names:
        registered = Values(hostvars, name).get("prep_probes")
        for one in registered.get("results") or [] if isinstance(registered, dict) else []:
            place = str(one.get("item") or "control")
            if isinstance(one.get("probes"), list):
                views += [(place, probe) for probe in one["probes"]]
            elif not one.get("skipped"):
                reason = preflight.one_line(str(one.get("msg") or "")) or "public_probe no dio resultado"
                blind.append({"name": "control" if place == "localhost" else place, "reason": reason})
    return views, blind


def host_inputs(name, hostvars, views=(), blind=()):
    """Declared facts, contact, evidence and probes of one host.

    :param name: inventory name.
    :param hostvars: Ansible's ``hostvars``.
    :param views: what was seen of all hosts, see :func:`outside_views`.
    :param blind: vantage points that could not look.
    :returns: the dict that ``report_model.build`` takes for a host.
    """
    values = Values(hostvars, name)
    # A run that found the server standing has read it for that.
    standing = _mapping(values.get("prep_standing"))
    evidence, trouble = _evidence(values.get("prep_evidence") or standing.pop("read", None))
    contact, reason = _contact(values, trouble, evidence)
    allowed = values.get("prep_allowed_sources") or []
    admins = values.get("prep_admin_sources") or []
    base = Path(str(values.get("inventory_dir") or "."))
    documents = _mapping(values.get("prep_documents"))
    seen = [(place, probe) for place, probe in views if probe.get("target") == str(name)]
    return {
        "name": str(name),
        "address": values.get("ansible_host") or str(name),
        "outlet": values.get("prep_outlet") or {},
        "domain": values.get("prep_domain") or "",
        "contacts": values.get("prep_contacts") or {},
        "documents": {slug: _with_file(one, base) for slug, one in documents.items()},
        "attestations": [_with_file(one, base) for one in _list(values.get("prep_attestations"))],
        "waivers": [_with_file(one, base) for one in _list(values.get("prep_waivers"))],
        "disputes": _list(values.get("prep_disputes")),
        "allowed_sources": allowed,
        "admin_sources": admins,
        "dedicated_allowed": values.get("dedicated_host_allowed") or [],
        # What the inventory sets of it; the rest are the role's own defaults.
        "log_retention": {
            key: value
            for key in log_budget.ASSUMPTIONS
            if (value := values.get(key)) is not None
        },
        "freeze": values.get("prep_freeze"),
        "contact": contact,
        "reason": reason,
        "standing": standing,
        "evidence": evidence,
        "probes": [_placed(probe, hostvars, place, allowed, admins) for place, probe in seen],
        "blind": list(blind),
    }


class Values:
    """A host's variables as plain data; one that can't be evaluated counts as not set."""

    def __init__(self, hostvars, name):
        try:
            self._variables = hostvars[name]
        except (AnsibleError, KeyError):
            self._variables = {}

    def get(self, key):
        try:
            return to_plain(self._variables[key]) if key in self._variables else None
        except (AnsibleError, KeyError, ValueError):
            return None


def _evidence(registered):
    """(evidence or None, what went wrong: None, ("unreachable", why) or ("failed", why))."""
    if not isinstance(registered, dict) or registered.get("skipped"):
        return None, None
    if isinstance(registered.get("evidence"), dict):
        return registered["evidence"], None
    kind = "unreachable" if registered.get("unreachable") else "failed"
    return None, (kind, _line(registered.get("msg")) or "host_evidence no dio resultado")


def _contact(values, trouble, evidence):
    """(reached | unreachable | failed, reason)"""
    first = values.get("prep_contact")
    error = values.get("prep_converge_error")
    if isinstance(first, dict) and first.get("reached") is False:
        return "unreachable", _line(first.get("reason") or first.get("msg"))
    if trouble and trouble[0] == "unreachable":
        return trouble
    if isinstance(error, dict):
        return "failed", f"{_line(error.get('task'))}: {_line(error.get('msg'))}"
    if isinstance(first, dict) and first.get("blocking"):
        return "failed", _line(first.get("reason") or "; ".join(map(str, first["blocking"])))
    if trouble or evidence is None:
        return "failed", trouble[1] if trouble else "No se leyó la evidencia del servidor"
    return "reached", ""


def _mapping(value):
    return value if isinstance(value, dict) else {}


def _list(value):
    return value if isinstance(value, list) else []


def _with_file(record, base):
    """A record, and what the controller sees of the file that it names (a relative path is the workspace's)."""
    if not isinstance(record, dict) or not record.get("file"):
        return record
    try:
        digest = hashlib.sha256()
        with (base / Path(str(record["file"])).expanduser()).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        seen = {"sha256": digest.hexdigest()}
    except OSError as problem:
        seen = {"reason": problem.strerror or type(problem).__name__}
    return dict(record, seen=seen)


def _placed(probe, hostvars, place, allowed, admins):
    """A probe with what the firewall owes whoever made it."""
    if str(probe.get("vantage") or "").startswith("control"):
        # It entered over SSH to read the evidence: whoever administers is let in.
        return dict(probe, allowed=True, admin=False)
    declared = Values(hostvars, place).get("prep_vantage_address")
    address = vantage.seen_as(probe.get("source"), str(probe.get("address") or ""), declared)
    is_allowed, is_admin = vantage.standing(address, allowed, admins)
    return dict(probe, allowed=is_allowed, admin=is_admin)


def _line(value):
    return " ".join(str(value or "").split())[:800]
