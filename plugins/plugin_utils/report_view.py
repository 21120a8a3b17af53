# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""What every format says of a report: the model in the words of one language, nothing more.

Texts are text here: how they are escaped is each format's own business. What newer models hold
and older files lack (notices, disputes, restores, versions) may be absent.
"""

from __future__ import annotations

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts
from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import (
    STATES,
    STEPS,
    VERDICTS,
    section_of,
)

OPEN = ("fail", "error", "no_evidence", "unreachable")
# A tag that is no converging role: what it names is mended by people, then judged again.
BY_PEOPLE = ("compliance", "preflight")


def state(entry, words):
    """css, symbol and words of a result with its treatment; what was found stays in the words."""
    treatment = entry["treatment"]
    if treatment == "attested":
        icon, title = words.state("attested")
        return {"css": "attested", "icon": icon, "title": title}
    css = treatment if treatment in ("waived", "disputed") else entry["result"]
    return {
        "css": css,
        "icon": STATES[css][0],
        "title": words.state(entry["result"])[1] + words.added(treatment),
    }


def is_open(entry):
    """Whether somebody has to do something about it."""
    return entry["result"] in OPEN and entry["treatment"] not in ("waived", "attested")


def grouped(things, clause, words):
    """[(title, things)] by section of the call, in its order."""
    found = {}
    for thing in things:
        found.setdefault(section_of(clause(thing)), []).append(thing)
    return [(words.section(index), found[index]) for index in sorted(found)]


def command(tag, hosts):
    """The line that mends what a tag names on these hosts; nothing where people have to."""
    if tag in BY_PEOPLE:
        return ""
    extra = " -e dedicated_host_mode=enforce" if tag == "dedicated_host" else ""
    return f"ansible-playbook site.yml -i diffusers.ini --tags {tag} --limit {','.join(hosts)}{extra}"


def basis(entry, words):
    """The waiver, attestation or dispute behind a treatment, in a sentence."""
    record = entry.get("basis")
    if not record:
        return ""
    if entry["treatment"] in ("attested", "disputed"):
        return statement(record, "attestation" if entry["treatment"] == "attested" else "dispute", words)
    kind = words("expired_waiver" if entry["treatment"] == "expired" else "waiver")
    names = {key: record.get(key, "") for key in ("document", "approver", "expires", "reason")}
    return words("waiver_of", kind=kind, **names)


def dispute(entry, words):
    """What the outlet disputes, where that is not already the treatment's basis."""
    record = entry.get("dispute")
    return statement(record, "dispute", words) if record and entry["treatment"] != "disputed" else ""


def statement(record, kind, words):
    names = {key: record.get(key, "") for key in ("name", "post", "date", "text")}
    return words("statement_of", kind=words(kind), **names)


def headline(report, words):
    """The fleet's verdict in one sentence, and the css of the worst one."""
    summary = report["summary"]
    counts, total = summary["verdicts"], summary["diffusers"]
    remarks = counts[verdicts.APT_WITH_REMARKS]
    fit = counts[verdicts.APT] + remarks
    if fit == total:
        text = words("one_fit" if total == 1 else "all_fit", total=total)
        if remarks:
            text += words("with_remarks") if remarks == total else words("some_with_remarks", some=remarks)
    elif fit == 0:
        text = words("one_not_fit" if total == 1 else "none_fit")
    else:
        text = words("one_of" if fit == 1 else "some_of", fit=fit, total=total)
    worst = [name for name in verdicts.VERDICTS if counts[name]][0]
    return text + ".", VERDICTS[worst][0]


def totals(report, words):
    """How much was judged, and with what outcome: the denominator is always told."""
    results, treatments = report["summary"]["results"], report["summary"]["treatments"]
    text = words(
        "totals", evaluated=results["pass"] + results["fail"], total=sum(results.values()), met=results["pass"]
    )
    for key in ("fail", "error", "no_evidence", "unreachable", "not_applicable"):
        if results[key]:
            text += ", " + words("count_" + key, n=results[key])
    counted = {key: treatments.get(key, 0) for key in ("waived", "attested", "disputed", "expired")}
    if any(counted.values()):
        text += ". " + words("treated", **counted)
    return text + "."


def stripes(results, words):
    """Widths of a diffuser's bar in percent, and the same in words."""
    parts = [
        ("pass", lambda one: one["result"] == "pass"),
        ("noted", lambda one: one["treatment"] in ("waived", "attested")),
        ("fail", lambda one: one["result"] == "fail"),
        ("doubt", lambda one: one["result"] in ("error", "no_evidence")),
        ("none", lambda one: True),
    ]
    left, x, found, told = list(results), 0.0, [], []
    for name, belongs in parts:
        mine = [one for one in left if belongs(one)]
        left = [one for one in left if not belongs(one)]
        if mine:
            width = 100.0 * len(mine) / len(results)
            found.append({"css": "b-" + name, "x": f"{x:.3f}", "width": f"{width:.3f}"})
            told.append(words("bar_" + name, n=len(mine)))
            x += width
    return found, ", ".join(told)


def todo(report, words):
    """Steps, most urgent first: contact, then what fails, then what nobody could tell."""
    steps = []
    lost = [one for one in report["diffusers"] if one["contact"] == "unreachable"]
    if lost:
        steps.append(
            {
                "title": words("restore_contact"),
                "lines": [
                    {"text": one["reason"] or words("no_answer"), "clause": "II.1", "hosts": one["name"]}
                    for one in lost
                ],
                "command": "ansible-playbook site.yml -i diffusers.ini --limit "
                + ",".join(one["name"] for one in lost),
            }
        )
    by_tag = {}
    for one in report["diffusers"]:
        for entry in one["results"]:
            if verdicts.stands_in_the_way(entry) and entry["result"] != "unreachable":
                step = by_tag.setdefault(entry["remediation"]["tag"], {})
                line = step.setdefault(entry["control"], {"entry": entry, "hosts": [], "worst": 1})
                line["hosts"].append(one["name"])
                if entry["result"] == "fail":
                    line["worst"] = 0
    ranks = {tag: rank for rank, (tag, *_titles) in enumerate(STEPS)}
    order = sorted(
        by_tag,
        key=lambda tag: (min(line["worst"] for line in by_tag[tag].values()), ranks.get(tag, len(ranks)), tag),
    )
    for tag in order:
        lines = sorted(by_tag[tag].values(), key=lambda line: line["worst"])
        hosts = [one["name"] for one in report["diffusers"] if any(one["name"] in line["hosts"] for line in lines)]
        steps.append(
            {
                "title": words.step(tag),
                "lines": [
                    {
                        "text": words.of(line["entry"]["remediation"]["text"]),
                        "clause": f"{line['entry']['clause']} {line['entry']['control']}",
                        "hosts": ", ".join(line["hosts"]),
                    }
                    for line in lines
                ],
                "command": command(tag, hosts),
            }
        )
    return steps


def decisions(report, words):
    """All that people decided or declared, one row each."""
    kinds = {"attested": "attestation", "waived": "waiver", "expired": "expired_waiver", "disputed": "dispute"}
    found = []
    for one in report["diffusers"]:
        for entry in one["results"]:
            records = [(kinds[entry["treatment"]], entry["basis"])] if entry.get("basis") else []
            if entry.get("dispute") and entry["treatment"] != "disputed":
                records.append(("dispute", entry["dispute"]))
            for kind, record in records:
                spoken = kind in ("attestation", "dispute")
                who = ("name", "post") if spoken else ("approver", "document")
                found.append(
                    {
                        "host": one["name"],
                        "clause": entry["clause"],
                        "control": entry["control"],
                        "kind": words(kind),
                        "text": record.get("text") or record.get("reason") or "",
                        "who": ", ".join(str(record[part]) for part in who if record.get(part)),
                        "when": str(record.get("date" if spoken else "expires", "")),
                    }
                )
    return found


def notices(report, words, host=None):
    """What deserves a look, most urgent first; only those about one host where it is named."""
    return [
        {
            "level": one["level"],
            "title": words(one["level"] if one["level"] in ("warning", "info") else "info"),
            "hosts": ", ".join(one.get("hosts") or []),
            "control": one.get("control") or "",
            "at": one.get("at") or "",
            "text": words.of(one["text"]),
        }
        for one in report.get("notices") or []
        if host is None or host in (one.get("hosts") or [])
    ]


def restores(diffuser, words):
    """Times at which the server put its own way in back."""
    return [{"at": words.moment(one["at"]), "text": words.of(one["text"])} for one in diffuser.get("restores") or []]


def freeze(report, words):
    """The days in which the call freezes servers, if the run fell into them, and who went past it why."""
    found = report["run"].get("freeze")
    if not found or not found.get("active"):
        return ""
    days = {key: found.get(key) or "?" for key in ("opens", "closes", "zone")}
    kept = words("freeze_override", reason=found["override"]) if found.get("override") else words("freeze_kept")
    return words("frozen", **days) + "; " + kept


def since(entry, host, history, words):
    """Since when the control is in its state, as far as the history tells."""
    known = ((history or {}).get(host) or {}).get(entry["control"])
    if not known:
        return ""
    if known["runs"] == 1:
        return words("since_once", since=words.moment(known["since"]))
    return words("since", since=words.moment(known["since"]), runs=known["runs"])
