# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Why a task failed, in one line for a person."""

from __future__ import annotations

DOCUMENTATION = """
  name: failure_line
  version_added: 0.1.0
  short_description: Why a task failed, in one line
  description:
    - Takes a failed task's result and returns its message. Where a connection was lost while a safety net was armed,
      Ansible's own message only says that a module failed; ssh's words are taken instead.
  options:
    _input:
      description: The result, as C(ansible_failed_result) has it.
      type: dict
      required: true
"""

EXAMPLES = """
- ansible.builtin.debug:
    msg: "{{ ansible_failed_result | iepc.prep.failure_line }}"
"""

RETURN = """
  _value:
    description: One line.
    type: str
"""

# See roles/safety_net/files/ssh.
LOST_RC = 254


def failure_line(result):
    """The message of a failed result.

    :param result: dict with ``msg``, and ``rc``, ``module_stderr`` or ``stderr`` where there are any.
    """
    if result.get("rc") == LOST_RC:
        said = str(result.get("module_stderr") or result.get("stderr") or result.get("module_stdout") or "").strip()
        return "the connection was lost: " + (said.splitlines()[-1] if said else "no words from ssh")
    return " ".join(str(result.get("msg") or "no message").split())


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Name -> function."""
        return {"failure_line": failure_line}
