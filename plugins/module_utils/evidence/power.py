# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Backup power as the server sees it: what a UPS says through NUT, apcupsd or the kernel.

Only a UPS that answers counts; a tool that is merely installed watches nothing.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re

from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import as_int, first_line

# `MONITOR ups@host 1 user password primary`: the password is not kept.
_MONITOR = re.compile(r"^\s*MONITOR\s+\"?([^\s\"]+)\"?\s", re.M)
UPSMON = ("/etc/nut/upsmon.conf", "/etc/ups/upsmon.conf")
SUPPLIES = "/sys/class/power_supply"


def supply(name, words, on_line, faults, charge=None, runtime=None, model=None):
    """One UPS: words are its own, on_line whether it feeds from the mains, faults a list of codes."""
    return {
        "name": name, "status": words, "on_line": on_line, "faults": faults, "charge_pct": charge,
        "runtime_s": runtime, "model": model,
    }


def _number(text):
    """'100', '100.0 Percent', '29.6 Minutes' -> the number, None without one."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)", text or "")
    return float(found.group(1)) if found else None


def parse_upsc(name, text):
    """`upsc NAME` -> a supply; None when it says nothing of a status."""
    fields = dict(line.partition(": ")[::2] for line in text.splitlines() if ": " in line)
    flags = fields.get("ups.status", "").split()
    if not flags:
        return None
    faults = [code for flag, code in NUT_FAULTS if flag in flags]
    runtime = _number(fields.get("battery.runtime"))
    return supply(
        name, " ".join(flags), "OL" in flags and "OFF" not in flags, faults, _number(fields.get("battery.charge")),
        None if runtime is None else int(runtime), fields.get("ups.model") or fields.get("device.model"),
    )


NUT_FAULTS = (("OB", "battery"), ("LB", "low"), ("RB", "replace"), ("BYPASS", "bypass"), ("OFF", "off"))
APC_FAULTS = (("ONBATT", "battery"), ("LOWBATT", "low"), ("REPLACEBATT", "replace"), ("NOBATT", "replace"))


def parse_apcaccess(text):
    """`apcaccess` -> a supply; None when apcupsd lost its UPS or says nothing of a status."""
    fields = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip()] = value.strip()
    words = fields.get("STATUS", "")
    if not words or "COMMLOST" in words:
        return None
    flags = words.split()
    faults = [code for flag, code in APC_FAULTS if flag in flags]
    minutes = _number(fields.get("TIMELEFT"))
    return supply(
        fields.get("UPSNAME") or "apc", words, "ONLINE" in flags, faults, _number(fields.get("BCHARGE")),
        None if minutes is None else int(minutes * 60), fields.get("MODEL"),
    )


def _nut(look):
    """(supplies, why there are none)"""
    systems = []
    for path in UPSMON:
        systems += _MONITOR.findall(look.read_if_there(path) or "")
    if not systems:
        listed = look.run(["upsc", "-l"])
        if listed.rc != 0:
            return [], first_line(listed.err) or "upsc -l: rc %d" % listed.rc
        systems = [line.strip() for line in listed.out.splitlines() if line.strip() and " " not in line.strip()]
    found, reason = [], "upsc: lists no UPS"
    for system in sorted(set(systems)):
        output = look.run(["upsc", system])
        one = parse_upsc(system, output.out) if output.rc == 0 else None
        if one:
            found.append(one)
        else:
            reason = "%s: %s" % (system, first_line(output.err.replace("Init SSL without certificate database", ""))
                                 or "no status")
    return found, reason


def _apcupsd(look):
    """(supplies, why there are none)"""
    output = look.run(["apcaccess"])
    one = parse_apcaccess(output.out) if output.rc == 0 else None
    return ([one], None) if one else ([], first_line(output.err) or "apcaccess: no UPS answers")


def _kernel(look):
    """Supplies that the kernel knows by itself."""
    found = []
    for name in look.listdir(SUPPLIES):
        values = dict((key, (look.peek(os.path.join(SUPPLIES, name, key)) or "").strip())
                      for key in ("type", "status", "capacity", "model_name"))
        if values["type"] == "UPS":
            words = values["status"] or "Unknown"
            faults = ["battery"] if words == "Discharging" else []
            found.append(supply(name, words, words in ("Full", "Charging", "Not charging"), faults,
                                as_int(values["capacity"]), None, values["model_name"] or None))
    return found


def collect(look, options):
    """ups: present means that one answered; reason is why a tool that is installed has none to tell of."""
    reasons = []
    for tool, program, ask in (("nut", "upsc", _nut), ("apcupsd", "apcaccess", _apcupsd)):
        look.source("which " + program)
        if not look.which(program):
            continue
        try:
            found, reason = ask(look)
        except SourceError as error:
            found, reason = [], "%s" % error
        if found:
            return {"present": True, "tool": tool, "supplies": found, "reason": None}
        reasons.append("%s: %s" % (tool, reason))
    look.source(SUPPLIES)
    found = _kernel(look)
    return {
        "present": bool(found), "tool": "kernel" if found else None, "supplies": found,
        "reason": None if found else "; ".join(reasons) or None,
    }
