# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Flaws of rsync that a sender can use against a daemon like ours, and who fixed them in which package.

Distributions fix without changing upstream's version, so a package is judged by its own version. Flaws that
only a malicious server can use against a client (CVE-2024-12086, 12087, 12088) or that need symbolic links
(CVE-2024-12747) don't count: our door only receives, in a chroot, and takes no links.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

from ansible_collections.iepc.prep.plugins.module_utils.package_versions import at_least

# `fixed`: the first package with the fix, by system and major version. None: its public archive never had one.
# Debian: changelogs of the packages themselves. Enterprise Linux: AlmaLinux's advisory of January 2025 on the
# packages of RHEL 8 and 9; CentOS 7 ended in June 2024, with 3.1.2-12.el7_9. A system that is not named is unknown.
FLAWS = (
    {
        "names": "CVE-2024-12084 y CVE-2024-12085",
        "upstream": "3.4.0",
        "fixed": {
            ("debian", "11"): "3.2.3-4+deb11u2",
            ("debian", "12"): "3.2.7-1+deb12u1",
            ("debian", "13"): "3.3.0+ds1-3",
            ("el", "7"): None,
            ("el", "8"): "3.1.3-20.el8_10",
            ("el", "9"): "3.2.3-20.el9_5.1",
        },
    },
    {
        "names": "CVE-2026-70456, CVE-2026-70459 y CVE-2026-70464",
        "upstream": "3.5.0",
        "fixed": {
            ("debian", "12"): "3.5.0+ds1-0+deb12u1",
            ("debian", "13"): "3.5.0+ds1-0+deb13u1",
            ("el", "7"): None,
        },
    },
)
ENTERPRISE_LINUX = ("centos", "rhel", "rocky", "almalinux", "ol")


def judge(package, system, major):
    """(flaws that the package has, flaws of which it isn't known), as names.

    :arg package: the package's full version
    :arg system: ``ID`` of os-release
    :arg major: first part of its ``VERSION_ID``
    """
    place = ("el" if system in ENTERPRISE_LINUX else system, major)
    open_flaws, unknown = [], []
    for flaw in FLAWS:
        if at_least(package, flaw["upstream"]):
            continue
        if place not in flaw["fixed"]:
            unknown.append(flaw["names"])
        elif flaw["fixed"][place] is None or not at_least(package, flaw["fixed"][place]):
            open_flaws.append(flaw["names"])
    return open_flaws, unknown
