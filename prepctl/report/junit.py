"""JUnit XML: a suite for each diffuser, a case for each control.

``failure`` is a control that is not met, ``error`` one that nobody could tell, ``skipped`` one that a
person treated or that does not apply; never two of them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import report_view as view
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import Words

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: dict[str, Any], words: Words) -> bytes:
    """The document."""
    root = ET.Element("testsuites", name=_text(f"iepc.prep {report['run']['call']}"))
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for one in report["diffusers"]:
        suite = ET.SubElement(root, "testsuite", name=_text(one["name"]), timestamp=_text(report["run"]["finished"]))
        counts = dict.fromkeys(totals, 0)
        properties = ET.SubElement(suite, "properties")
        for name, value in (("verdict", words.verdict(one["verdict"])), ("outlet", one["outlet"])):
            ET.SubElement(properties, "property", name=name, value=_text(value))
        for entry in one["results"]:
            counts["tests"] += 1
            case = ET.SubElement(
                suite, "testcase", name=_text(f"{entry['clause']} {entry['control']}"), classname=_text(one["name"])
            )
            kind = _kind(entry)
            if kind:
                counts[{"failure": "failures", "error": "errors"}.get(kind, kind)] += 1
                _explain(ET.SubElement(case, kind), entry, words)
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
    for name, count in totals.items():
        root.set(name, str(count))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _kind(entry: dict[str, Any]) -> str:
    if entry["treatment"] in ("waived", "attested") or entry["result"] == "not_applicable":
        return "skipped"
    return {"pass": "", "fail": "failure"}.get(entry["result"], "error")


def _explain(element: ET.Element, entry: dict[str, Any], words: Words) -> None:
    state = view.state(entry, words)["title"]
    element.set("message", _text(f"{state}: {entry['found'] or words('no_datum')}"))
    if element.tag != "skipped":
        element.set("type", _text(entry["severity"]))
    lines = [words.of(entry["text"]), f"{words('expected')}: {entry['expected']}", view.basis(entry, words)]
    element.text = _text("\n".join(line for line in lines if line))


def _text(value: Any) -> str:
    return _NOT_XML.sub("\ufffd", str(value))
