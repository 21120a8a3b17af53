# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report needs to know of each host, out of Ansible's variables."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible_collections.iepc.prep.plugins.module_utils import addresses
from ansible_collections.iepc.prep.plugins.plugin_utils.inventory_files import to_plain


def host_inputs(name, hostvars):
    """Declared facts, contact, evidence and probes of one host.

    :param name: inventory name.
    :param hostvars: Ansible's ``hostvars``.
    :returns: the dict that ``report_model.build`` takes for a host.
    """
    values = Values(hostvars, name)
    evidence, trouble = _evidence(values.get("prep_evidence"))
    contact, reason = _contact(values, trouble, evidence)
    allowed = values.get("prep_allowed_sources") or []
    return {
        "name": str(name),
        "address": values.get("ansible_host") or str(name),
        "outlet": values.get("prep_outlet") or {},
        "domain": values.get("prep_domain") or "",
        "contacts": values.get("prep_contacts") or {},
        "documents": values.get("prep_documents") or {},
        "attestations": values.get("prep_attestations") or [],
        "waivers": values.get("prep_waivers") or [],
        "allowed_sources": allowed,
        "admin_sources": values.get("prep_admin_sources") or [],
        "contact": contact,
        "reason": reason,
        "evidence": evidence,
        "probes": _probes(values.get("prep_probes"), hostvars, allowed),
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


def _probes(registered, hostvars, allowed):
    """The probes out of a registered task (looped or not) or a plain list."""
    if isinstance(registered, dict):
        registered = registered["results"] if "results" in registered else [registered]
    probes = []
    for one in registered or []:
        probe = one.get("probe", one) if isinstance(one, dict) else None
        if not isinstance(probe, dict) or "items" not in probe:
            continue  # that vantage point could not be reached
        probe = dict(probe)
        if probe.get("vantage") != "control":
            # Whether it is a stranger is what the whole result hangs on: never taken on trust.
            address = Values(hostvars, probe.get("vantage")).get("ansible_host") or ""
            probe["allowed"] = any(addresses.contains(network, str(address)) for network in allowed)
        probes.append(probe)
    return probes


def _line(value):
    return " ".join(str(value or "").split())[:400]
