# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""How logs are kept, worked out from the role's options and what the server has."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils import log_budget, log_rotation

DOCUMENTATION = r'''
name: log_plan
short_description: Days, files and disk that the logs of an election need
version_added: 0.1.0
description:
  - Works out for how many days logs are kept, which files of logrotate's say so, and how much disk that takes.
positional: policies, evidence, main_file
options:
  _input:
    description: Options of the role log_retention by name.
    type: dict
    required: true
  policies:
    description: What to rotate - name, packages, logs, create and then of each.
    type: list
    elements: dict
    required: true
  evidence:
    description: Items of M(iepc.prep.host_evidence); what is missing there is taken as not known.
    type: dict
    default: {}
  main_file:
    description: Whether C(/etc/logrotate.conf) is written anew, too.
    type: bool
    default: false
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Show how many days logs are kept
  ansible.builtin.debug:
    msg: "{{ (options | iepc.prep.log_plan([], {})).budget.days }}"
'''

RETURN = r'''
_value:
  description: C(mistakes), C(budget), C(policies) with their C(path), and C(messages) about disk and other cleaners.
  type: dict
'''


def log_plan(options, policies, evidence=None, main_file=False):
    """See DOCUMENTATION."""
    mistakes = log_budget.problems(options)
    if mistakes:
        return {"mistakes": mistakes, "budget": {}, "policies": [], "messages": []}
    values = dict((key, item.get("value")) for key, item in (evidence or {}).items())
    installed = (values.get("packages") or {}).get("installed")
    wanted = [
        policy
        for policy in policies
        if policy["logs"] and (installed is None or _concerns(policy, installed))
    ]
    budget = log_budget.budget(options)
    rules = (values.get("logs.policy") or {}).get("files") or []
    placed = log_rotation.place(wanted, rules)
    return {
        "mistakes": log_rotation.conflicts(placed, rules, ["/etc/logrotate.conf"] if main_file else []),
        "budget": budget,
        "policies": placed,
        "messages": _messages(budget, values),
    }


def _concerns(policy, installed):
    """Whether something that writes these logs is installed; a policy without packages is for everybody."""
    packages = policy.get("packages") or []
    return not packages or any(name in installed for name in packages)


def _messages(budget, values):
    messages = []
    disk, usage = (values.get("disk") or {}).get("/var/log") or {}, values.get("logs.usage")
    if disk.get("free_mb") is not None and usage is not None:
        fits, there = log_budget.room(budget, disk["free_mb"], usage["total_mb"])
        messages.append(
            "%(verdict)s: %(days)d days of logs need %(need_mb)d MiB (web %(web_mb)d, journal %(journal_mb)d, "
            "free %(keep_free_mb)d); /var/log has %(there)d MiB for them"
            % dict(budget, there=there, verdict="Disk budget fits" if fits else "DISK BUDGET DOES NOT FIT")
        )
    for cleaner in values.get("logs.cleaners") or []:
        days = log_rotation.age_days(cleaner["age"])
        if days is not None and days < budget["days"]:
            messages.append("%(file)s deletes below %(path)s after %(age)s: remove that line" % cleaner)
    return messages


class FilterModule(object):
    def filters(self):
        return {"log_plan": log_plan}
