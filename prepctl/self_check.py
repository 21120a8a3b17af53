"""`prepctl preflight --self`: an outlet's technician asks the server itself what of a call it can show.

Read-only, without workspace, connection or Ansible: the same script as the first contact, the same evidence and the
same functions as the report. What only an eye outside or a document proves is left out, and said to be.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

CONTACT_S = 60
OUTLET, INSTITUTE = "outlet", "institute"
# Roles that look and never mend, and what only the owner of a server can give.
OUTLETS_ROLES = {"preflight", "repositories", "dedicated_host", "compliance"}
OUTLETS_CONTROLS = {"access.root"}
MET = ("pass", "not_applicable")
SIGNS = {"pass": "cumple", "fail": "no cumple", "error": "no se pudo leer", "no_evidence": "sin evidencia",
         "not_applicable": "no aplica"}  # fmt: skip

# What the first contact finds, for who owns the server. A finding without a line here is about the way in from the
# control node: whoever types this came in from another address.
FINDINGS = {
    "incomplete": "la lectura del servidor se cortó antes de terminar; repítala",
    "unsupported_system": "el sistema instalado no está entre los que se pueden configurar: {systems}",
    "not_root": "hay que ejecutar esta orden como root (sudo): sin ello no se puede leer lo necesario",
    "no_python": "no se encontró Python; instale python3 (en CentOS 7, python)",
    "python_out_of_reach": "el Python instalado es demasiado antiguo para configurarlo a distancia",
    "no_systemd": "systemd no está en marcha o es anterior a la versión {systemd}",
    "disk": "falta espacio libre en disco: {disk}",
    "memory": "la memoria es poca: {memory} MiB; se recomiendan {least_memory} o más",
    "tzdata": "la tabla de husos horarios (tzdata) falta o es anterior a 2022f; actualícela",
    "other_firewall": "otro programa administra el cortafuegos ({firewalls}); deténgalo y deshabilítelo",
    "docker": "Docker está en marcha: abre puertos sin pasar por el cortafuegos, y el servidor debe ser exclusivo",
    "package_manager": "no se encontró dnf, yum ni apt-get",
}


@dataclass(frozen=True)
class Finding:
    """Something that keeps the institute from configuring the server, or that its owner should know."""

    slug: str
    blocking: bool
    text: str


@dataclass(frozen=True)
class Judged:
    """One control, as far as the server itself shows it."""

    control: str
    clause: str
    required: bool
    result: str
    whose: str
    text: str
    found: str
    expected: str
    remedy: str


@dataclass(frozen=True)
class Answer:
    """What was found, and what nobody can see from here."""

    call: str
    host: str
    findings: list[Finding]
    controls: list[Judged]
    unseen: list[str]

    @property
    def code(self) -> ExitCode:
        """2 when the owner of the server has something to do that the call requires."""
        open_ = [one for one in self.controls if one.whose == OUTLET and one.required and one.result not in MET]
        blocked = any(one.blocking for one in self.findings)
        return ExitCode.CONTROL_FAILED if blocked or open_ else ExitCode.OK


def ask(call_name: str | None) -> Answer:
    """Look at this machine.

    :param call_name: name of a call that comes along, or path of one.
    :raises PrepctlError: there is no such call, or none was named.
    """
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import CallError, known_calls, load_call

    if not call_name:
        raise PrepctlError(f"--call: expected one of {', '.join(known_calls())}, or the path of one, got nothing")
    try:
        call = load_call(call_name)
    except CallError as problem:
        raise PrepctlError(f"--call: {problem}") from None
    seen = [one for one in call["controls"] if "host" in one["source"] and "outside" not in one["source"]]
    unseen = [one["slug"] for one in call["controls"] if one not in seen]
    return Answer(call["id"], socket.gethostname(), _contact(), _judge(call, seen), unseen)


def _contact() -> list[Finding]:
    """The findings of the first contact, made with the server's own shell."""
    from importlib.metadata import version

    from ansible_collections.iepc.prep.plugins.module_utils import contact_script, preflight

    try:
        said = subprocess.run(
            ["/bin/sh"], input=contact_script.contact_script(), capture_output=True, text=True, errors="replace",
            timeout=CONTACT_S, check=False,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired:
        said = ""
    facts = preflight.parse(said)
    short = [
        f"{path} tiene {facts['disk'][path]['free_mb']} MiB y se necesitan {least}"
        for path, least in preflight.MIN_FREE_MB.items()
        if path in facts["disk"] and facts["disk"][path]["free_mb"] < least
    ]
    words = {
        "systems": preflight.systems(),
        "systemd": preflight.OLDEST_SYSTEMD,
        "disk": ", ".join(short),
        "memory": facts["memory_mb"],
        "least_memory": preflight.MIN_MEMORY_MB,
        "firewalls": ", ".join(one for one in facts["firewalls"] if one not in ("firewalld", "docker")),
    }
    return [
        Finding(one["slug"], one["blocking"], FINDINGS[one["slug"]].format(**words))
        for one in preflight.judge(facts, time.time(), version("ansible-core"))
        if one["slug"] in FINDINGS
    ]


def _judge(call: dict[str, Any], controls: list[dict[str, Any]]) -> list[Judged]:
    from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import evaluate
    from ansible_collections.iepc.prep.plugins.module_utils.evidence import catalogue
    from ansible_collections.iepc.prep.plugins.module_utils.evidence.limits import within_limits
    from ansible_collections.iepc.prep.plugins.module_utils.evidence.reader import Reader
    from ansible_collections.iepc.prep.plugins.module_utils.report_model import printable
    from ansible_collections.iepc.prep.plugins.plugin_utils.call_times import windows_in_utc

    wanted = {"public_zone": call["zone"], "dst_reference": call["zone_check"]["when"]}
    evidence = within_limits(catalogue.gather(Reader(), {**catalogue.DEFAULTS, **wanted}, []))
    context = {
        "call": call,
        "host": socket.gethostname(),
        "now": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "windows": windows_in_utc(call),
    }
    found = []
    for control in controls:
        result, seen, expected, _cites = evaluate(control["slug"], evidence, [], context)
        roles = set(str(control["remediation"]["tag"]).split(","))
        outlets = roles <= OUTLETS_ROLES or control["slug"] in OUTLETS_CONTROLS
        line = {"found": printable(f"{seen}"), "expected": printable(f"{expected}")}
        found.append(
            Judged(
                control=control["slug"],
                clause=str(control["clause"]),
                required=control["severity"] == "required",
                result=result,
                whose=OUTLET if outlets else INSTITUTE,
                text=control["text"]["es"],
                remedy=control["remediation"]["es"],
                **line,
            )
        )
    return found


def as_json(answer: Answer) -> str:
    """The whole answer as one document."""
    document = {"schema": 1, "verb": "preflight", "self": True, "exit_code": int(answer.code), **asdict(answer)}
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_text(answer: Answer) -> str:
    """The answer for a person, in Spanish: first what is theirs to do."""
    outlet = [one for one in answer.controls if one.whose == OUTLET]
    institute = [one for one in answer.controls if one.whose == INSTITUTE]
    lines = [f"{answer.host}: lo que este servidor muestra de la convocatoria {answer.call}. No se cambió nada.", ""]
    if os.geteuid() != 0:
        lines += ["Se ejecutó sin ser root: lo que no se pudo leer no cuenta como cumplido.", ""]
    if answer.findings:
        lines.append("Antes de que el Instituto pueda configurarlo:")
        lines += [f"  {'falta' if one.blocking else 'aviso':10} {one.text}" for one in answer.findings]
        lines.append("")
    lines.append("Le toca al medio:")
    for one in outlet:
        lines += _shown(one)
    met = sum(one.result in MET for one in institute)
    lines += ["", f"Lo configura el Instituto ({met} de {len(institute)} ya se cumplen):"]
    lines += [f"  {SIGNS[one.result]:16} {one.clause:<6} {one.control}" for one in institute]
    lines += [
        "",
        f"Desde aquí no se ven otros {len(answer.unseen)} requisitos: se comprueban desde fuera o con documentos.",
    ]
    lines.append(
        "Falta algo que le toca al medio."
        if answer.code
        else "No falta nada de lo que le toca al medio y se ve desde aquí."
    )
    return "\n".join(lines)


def _shown(one: Judged) -> list[str]:
    head = f"  {SIGNS[one.result]:16} {one.clause:<6} {one.text}"
    if one.result in MET:
        return [head]
    kind = "" if one.required else " (recomendado)"
    return [head + kind, f"{'':26}se encontró: {' '.join(one.found.split())}", f"{'':26}qué hacer: {one.remedy}"]
