"""Reports to try things on: small, whole, in every state."""

from __future__ import annotations

import copy
import functools
import sys
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.module_utils import report_model
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins" / "compliance"))
import compliance_fixtures as fixtures  # noqa: E402

WAIVER = {
    "control": "system.maintained", "reason": "Mantenimiento por contrato", "approver": "Titular de la UTC",
    "document": "UTC/012/2026", "expires": "2030-01-01T00:00:00-06:00", "version": 1, "hosts": ["difusor11"],
}  # fmt: skip
EXPIRED = dict(WAIVER, control="apache.syntax", expires="2020-01-01T00:00:00-06:00", hosts=["difusor12"])
DISPUTE = {"control": "apache.trace", "name": "Íñigo", "post": "Jefe", "date": "2026-11-20", "text": "No es así"}


@functools.lru_cache(maxsize=1)
def _whole() -> dict[str, Any]:
    good = fixtures.host(name="difusor11", waivers=[WAIVER])
    bad = fixtures.host(name="difusor12", waivers=[EXPIRED])
    bad["outlet"] = {"name": "Periódico Ñandú y Cigüeña"}
    bad["evidence"]["items"]["httpd"]["value"]["syntax_ok"] = False
    bad["evidence"]["items"]["sshd.effective"] = {"error": "sshd: rc 255", "source": "sshd -T", "at": "", "value": None}
    del bad["evidence"]["items"]["fail2ban"]
    lost = fixtures.host(name="difusor13", contact="unreachable", reason="timed out", evidence=None, probes=[])
    run = dict(fixtures.run(), zone="America/Monterrey")
    report = report_model.build(fixtures.call(), [good, bad, lost], run)
    entry = next(one for one in report["diffusers"][1]["results"] if one["control"] == "apache.trace")
    entry.update(result="fail", treatment="disputed", basis=DISPUTE, dispute=DISPUTE)
    entry.update(clause_url="https://www.iepcdurango.example/anexo#II.1", version=1)
    recount(report)
    report["diffusers"][0]["restores"] = [
        {"at": "2026-11-24T03:30:00Z", "text": {"es": "No se confirmó el acceso", "en": "The way in was not confirmed"}}
    ]
    report["diffusers"][0]["vantage_points"] = [
        {
            "name": "control",
            "family": 4,
            "source": "203.0.113.10",
            "allowed": True,
            "looked": True,
            "reason": "",
            "skipped": False,
        },
        {"name": "lector", "family": 6, "source": "", "allowed": None, "looked": False, "reason": "sin IPv6"},
    ]
    report["notices"] = [
        {
            "kind": "waiver_expired", "level": "warning", "hosts": ["difusor12"], "control": "apache.syntax",
            "at": EXPIRED["expires"], "text": {"es": "La dispensa venció", "en": "The waiver has expired"},
            "record": dict(EXPIRED, version="1", hosts="difusor12"),
        }
    ]  # fmt: skip
    return report


def whole() -> dict[str, Any]:
    """Three diffusers: one apt with remarks, one not apt, one not reached."""
    return copy.deepcopy(_whole())


# A control in each state, and some to filter by.
BRIEF = ("documents.logo", "system.maintained", "apache.syntax", "apache.trace", "sshd.root_password",
         "ids.sshd_jail", "ddos.provider", "dedicated.crons", "firewall.active", "firewall.other_ports")  # fmt: skip


def brief() -> dict[str, Any]:
    """The same three with a few controls: every state, at a fraction of the size."""
    report = whole()
    for one in report["diffusers"]:
        one["results"] = [entry for entry in one["results"] if entry["control"] in BRIEF]
    recount(report)
    return report


def small(run: str = "20261124T040010Z", finished: str = "2026-11-24T04:00:10Z", **results: str) -> dict[str, Any]:
    """One diffuser and three controls; ``firewall_active="fail"`` sets a result."""
    report = whole()
    report["run"].update(id=run, started=finished, finished=finished)
    one = report["diffusers"][0]
    kept = ("firewall.active", "sshd.active", "cdn.used")
    one["results"] = [entry for entry in one["results"] if entry["control"] in kept]
    for entry in one["results"]:
        entry["result"] = results.get(entry["control"].replace(".", "_"), "pass")
    del report["notices"], one["vantage_points"]
    one["restores"] = []
    report["clauses"] = {clause: report["clauses"][clause] for clause in {entry["clause"] for entry in one["results"]}}
    report["diffusers"] = [one]
    recount(report)
    return report


def recount(report: dict[str, Any]) -> None:
    """Put the counts right after results were changed."""
    summary = report["summary"]
    for part in ("verdicts", "results", "treatments"):
        summary[part] = dict.fromkeys(summary[part], 0)
    for one in report["diffusers"]:
        one["counts"] = dict.fromkeys(one["counts"], 0)
        summary["verdicts"][one["verdict"]] += 1
        for entry in one["results"]:
            one["counts"][entry["result"]] += 1
            summary["results"][entry["result"]] += 1
            summary["treatments"][entry["treatment"]] += 1
    summary["diffusers"] = len(report["diffusers"])
    summary["controls"] = len(report["diffusers"][0]["results"])


def lay(reports: Path, model: dict[str, Any]) -> Path:
    """Write a report where a run leaves it."""
    directory = reports / model["run"]["id"]
    directory.mkdir(parents=True)
    path = directory / "compliance.json"
    path.write_bytes(canonical_json.dumps(model))
    return path
