#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server does besides PREP, named with evidence; stopped on demand."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: foreign_services
short_description: Name what a server does besides PREP, and stop what can be stopped safely
version_added: "0.1.0"
description:
  - Reads units, listening ports, databases, containers, sites of Apache, scheduled jobs and accounts, with the
    collectors of M(iepc.prep.host_evidence), and names what serves no purpose of PREP's, with the evidence.
  - With O(state=stopped) stops and disables foreign services together with the sockets and timers that would
    start them again, then looks once more. A unit that still runs or would start again fails the task.
  - Never removes a file, package, container, job or account, and never stops what carries SSH, the network or
    the hypervisor's agents.
options:
  state:
    description: Whether to name what is foreign, or to stop it as well.
    type: str
    choices: [named, stopped]
    default: named
  domain:
    description: Name of the PREP site; without it the sites of Apache are not judged.
    type: str
    default: ""
  allowed:
    description: What may stay, and why.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What it is.
        type: str
        required: true
        choices: [unit, port, process, package, container, vhost, cron, account]
      name:
        description: Its name as this module tells it, such as C(zabbix-agent) or C(10050/tcp).
        type: str
        required: true
      reason:
        description: Why it may stay.
        type: str
        required: true
  units:
    description: Units that have no place here, besides those that are known.
    type: list
    elements: str
    default: []
author:
  - iepc.prep contributors (@iepc-prep)
notes:
  - Runs as root.
attributes:
  check_mode:
    description: Says what would be stopped, and stops nothing.
    support: full
  diff_mode:
    description: Shows the units that are, or would be, stopped.
    support: full
"""

EXAMPLES = r"""
- name: Stop what serves no purpose of PREP's
  iepc.prep.foreign_services:
    state: stopped
    domain: prep.example.org
    allowed:
      - {kind: unit, name: zabbix-agent, reason: The provider watches the hardware with it}
"""

RETURN = r"""
findings:
  description: What was there before anything was stopped.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: "One of unit, port, process, package, container, vhost, cron, account.", type: str}
    name: {description: Its name., type: str}
    category: {description: What it serves instead of PREP., type: str}
    seen: {description: The evidence in one line., type: str}
    local: {description: Whether only the server itself reaches it., type: bool}
    stop: {description: Units whose stopping ends it., type: list}
    keep: {description: Why it is not stopped., type: str}
    allowed: {description: Why it may stay., type: str}
lines:
  description: The same, a line for each, for people.
  returned: success
  type: list
  elements: str
  sample: ["unit redis-server.service (database): active, running, enabled; 127.0.0.1:6379/tcp -> stopped"]
stopped:
  description: Units that were, or in check mode would be, stopped and disabled.
  returned: success
  type: list
  elements: str
not_judged:
  description: What could not be read, with the reason.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.iepc.prep.plugins.module_utils import foreign
from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue
from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader


def look(params):
    """(findings, {kind: why it was not judged}, units that run or would start)"""
    items = catalogue.gather(Reader(), only=foreign.EVIDENCE)["items"]
    values = dict((key, items[key]["value"]) for key in items)
    found, left_out = foreign.all_findings(values, params["domain"], params["allowed"], params["units"])
    reasons = {}
    for kind in left_out:
        errors = [items[key]["error"] for key in foreign.NEEDS[kind] if items[key]["error"]]
        reasons[kind] = "; ".join(errors) or "the site's domain is not known, or Apache's configuration does not pass"
    return found, reasons, dict((one["unit"], one) for one in values.get("units") or [])


def stop(module, wanted, there):
    """Stop and disable units; what that led to is judged by looking again, not by exit codes."""
    said = []
    _rc, _out, err = module.run_command(["systemctl", "stop", "--"] + wanted)
    said.append(err.strip())
    # Each by itself: one that can't be disabled must not keep the others enabled.
    for name in wanted:
        if there.get(name, {}).get("enabled") not in ("static", "transient", "indirect", "disabled"):
            rc, _out, err = module.run_command(["systemctl", "disable", "--", name])
            if rc != 0:
                said.append(err.strip())
    return "; ".join(" ".join(text.split()) for text in said if text)


def line(one, stopped, done):
    """A finding as people read it."""
    category = " (%s)" % one["category"] if one["category"] else ""
    head = "%s %s%s: %s" % (one["kind"], one["name"], category, one["seen"])
    if one["allowed"]:
        return "%s -> allowed: %s" % (head, one["allowed"])
    if one["keep"]:
        return "%s -> stays: it %s" % (head, one["keep"])
    if not set(one["stop"]) & set(stopped):
        return "%s -> stays: mode report" % head
    return "%s -> %s %s" % (head, "stopped:" if done else "would stop", ", ".join(one["stop"]))


def main():
    """Look; stop what may be stopped; look again."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["named", "stopped"], "default": "named"},
            "domain": {"type": "str", "default": ""},
            "allowed": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "kind": {"type": "str", "required": True, "choices": list(foreign.KINDS)},
                    "name": {"type": "str", "required": True},
                    "reason": {"type": "str", "required": True},
                },
            },
            "units": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    mistakes = foreign.problems(module.params["allowed"], module.params["units"])
    if mistakes:
        module.fail_json(msg="\n".join(mistakes))
    found, reasons, there = look(module.params)
    wanted = foreign.stoppable(found) if module.params["state"] == "stopped" else []
    # A service that its socket starts on demand need not be there at this moment.
    wanted = [name for name in wanted if name in there]
    before = ["%s %s %s\n" % (name, there[name]["active"], there[name]["enabled"]) for name in wanted]
    if wanted and not module.check_mode:
        said = stop(module, wanted, there)
        again, _reasons, there = look(module.params)
        left = [name for name in foreign.stoppable(again) if name in there]
        if left:
            states = ["%s (%s, %s)" % (name, there[name]["active"], there[name]["enabled"]) for name in left]
            module.fail_json(msg="could not stop for good: %s%s" % (", ".join(states), ": " + said if said else ""))
    module.exit_json(
        changed=bool(wanted),
        findings=found,
        lines=[line(one, wanted, not module.check_mode) for one in found],
        stopped=wanted,
        not_judged=reasons,
        diff={
            "before": "".join(before),
            "after": "".join("%s inactive disabled\n" % name for name in wanted),
        },
    )


if __name__ == "__main__":
    main()
