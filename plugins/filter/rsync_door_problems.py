# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What can't work in the rsync_daemon role's options, one line each, before a server is touched."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.iepc.prep.plugins.module_utils import addresses, input_formats

DOCUMENTATION = r"""
name: rsync_door_problems
short_description: Mistakes in the options of the role rsync_daemon
version_added: 0.1.0
description:
  - Lines that name an option, what was expected and what was got; none when all is well. A secret is never shown.
options:
  _input:
    description: The role's options by their names without C(rsync_daemon_).
    type: dict
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
"""

EXAMPLES = r"""
- name: Refuse what can't work
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('; ') }}"
  vars:
    problems: "{{ {'module': rsync_daemon_module, 'path': rsync_daemon_path} | iepc.prep.rsync_door_problems }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
PATH = re.compile(r"^/[^\s%#;\\]+\Z")
NOTE = re.compile(r"^((/[A-Za-z0-9_-][A-Za-z0-9._-]*){2,})?\Z")
SECRET_LENGTH = 16


def whole(low, high):
    """A check for numbers from low to high."""
    return "a whole number from %d to %d" % (low, high), lambda value: low <= int(value) <= high


def shaped(pattern, expected):
    """A check for text of a form."""
    return expected, lambda value: bool(pattern.match(value))


CHECKS = {
    "module": shaped(NAME, "a name of letters, digits, . _ and -"),
    "path": shaped(PATH, "an absolute path without blanks, %, # and ;"),
    "user": shaped(NAME, "the name of an account"),
    "group": shaped(NAME, "the name of a group"),
    "auth_user": ("a name without blanks, colon and comma", input_formats.is_user_name),
    "port": whole(1, 65535),
    "max_connections": whole(1, 1000),
    "timeout_s": whole(5, 3600),
    "restart_wait_s": whole(0, 3600),
    "note": shaped(NOTE, "an absolute path of letters, digits, ., _ and -, or nothing"),
}


def rsync_door_problems(options):
    """See DOCUMENTATION."""
    lines = []
    for name in sorted(CHECKS):
        if name in options:
            expected, fits = CHECKS[name]
            try:
                good = fits(options[name])
            except (TypeError, ValueError):
                good = False
            if not good:
                lines.append(_line(name, expected, input_formats.shown(options[name])))
    problem = input_formats.secret_problem(options.get("secret"), SECRET_LENGTH)
    if problem:
        lines.append(_line("secret", *problem))
    for entry in options.get("hosts_allow") or []:
        problem = _source_problem(entry)
        if problem:
            lines.append(_line("hosts_allow", problem, input_formats.shown(entry)))
    return lines


def _source_problem(entry):
    """What an entry of hosts allow should have been, or None; a name would be looked up, and fail open."""
    try:
        addresses.check_source(entry)
    except addresses.AddressError as error:
        return str(error)
    if any(addresses.contains(entry, own) for own in ("127.0.0.1", "::1")):
        return "an address of the institute, never the server itself"
    return None


def _line(name, expected, got):
    return "rsync_daemon_%s: expected %s, got %s" % (name, expected, got)


class FilterModule(object):
    """The filter, for Ansible."""

    def filters(self):
        """Names and functions."""
        return {"rsync_door_problems": rsync_door_problems}
