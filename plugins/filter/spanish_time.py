# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A call's wall clock as people in Mexico read it."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r'''
name: spanish_time
short_description: A wall clock of the call as a Spanish phrase
version_added: 0.1.0
description:
  - Turns C(2022-06-05 20:00) into C(domingo 5 de junio de 2022, 20:00 horas (tiempo del centro)).
    The call's clocks are those of its own zone, so no arithmetic is done.
options:
  _input:
    description: Date and time as C(YYYY-MM-DD HH:MM).
    type: str
    required: true
author:
  - iepc.prep contributors (@iepc-prep)
'''

EXAMPLES = r'''
- name: Say when publication opens
  ansible.builtin.debug:
    msg: "{{ '2022-06-05 20:00' | iepc.prep.spanish_time }}"
'''

RETURN = r'''
_value:
  description: The phrase.
  type: str
'''

DAYS = ('lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado', 'domingo')
MONTHS = ('enero', 'febrero', 'marzo', 'abril', 'mayo', 'junio', 'julio', 'agosto', 'septiembre', 'octubre',
          'noviembre', 'diciembre')


def spanish_time(text):
    """See DOCUMENTATION."""
    try:
        when = datetime.datetime.strptime(str(text), '%Y-%m-%d %H:%M')
    except ValueError:
        raise AnsibleFilterError('spanish_time: expected YYYY-MM-DD HH:MM, got %r' % (text,))
    return '%s %d de %s de %d, %s horas (tiempo del centro)' % (
        DAYS[when.weekday()], when.day, MONTHS[when.month - 1], when.year, when.strftime('%H:%M'))


class FilterModule(object):
    def filters(self):
        return {'spanish_time': spanish_time}
