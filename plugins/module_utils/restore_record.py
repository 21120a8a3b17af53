# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What a server wrote down when it restored its way in, for people."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

WORDS = {
    "en": (
        "nobody confirmed the change over a new connection, so the server restored its configuration at %s",
        "fail2ban had banned %s",
        "sshd refused its configuration: %s",
        "changed since the snapshot: %s",
    ),
    "es": (
        "nadie confirmó el cambio con una conexión nueva, así que el servidor restauró su configuración a las %s",
        "fail2ban había bloqueado %s",
        "sshd rechazaba su configuración: %s",
        "cambios desde la copia: %s",
    ),
}


def in_words(record, lang="en"):
    """One sentence: when, and what had closed the way in as far as the server could tell.

    :arg record: dict with ``at``, ``changed``, ``sshd``, ``banned``, as the restore script writes them
    :arg lang: ``en`` or ``es``
    """
    words = WORDS[lang]
    parts = [words[0] % record.get("at", "?")]
    for key, text in zip(("banned", "sshd", "changed"), words[1:]):  # noqa: B905 (Python 2.7)
        if record.get(key):
            parts.append(text % record[key].strip())
    return "; ".join(parts)
