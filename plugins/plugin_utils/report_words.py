# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Every word that a report says to people, in Spanish and English: one table for all its formats."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.iepc.prep.plugins.module_utils import verdict as verdicts

LANGUAGES = ("es", "en")

# (symbol, Spanish, English): a state is told by shape and text, colour only helps.
STATES = {
    "pass": ("✓", "Cumple", "Met"),
    "fail": ("✗", "No cumple", "Not met"),
    "error": ("!", "Error al comprobar", "Could not be checked"),
    "no_evidence": ("?", "Sin evidencia", "No evidence"),
    "unreachable": ("–", "Sin contacto", "Not reached"),
    "not_applicable": ("∅", "No aplica", "Not applicable"),
    "waived": ("D", "Con dispensa", "Waived"),
    "attested": ("✎", "Declarado", "Attested"),
    "disputed": ("≠", "Impugnado", "Disputed"),
}
# What a treatment adds to the words of the result that it leaves as it is.
ADDED = {
    "waived": (", con dispensa", ", waived"),
    "disputed": (", impugnado por el medio", ", disputed by the outlet"),
    "expired": (", dispensa vencida", ", waiver expired"),
}
# (css, symbol, Spanish, English, plural in Spanish and English, recommendation to the committee)
VERDICTS = {
    verdicts.NOT_APT: ("is-not", "✗", "NO APTO", "NOT FIT", "No aptos", "Not fit", "not_met"),
    verdicts.INCONCLUSIVE: (
        "is-open", "?", "NO CONCLUYENTE", "INCONCLUSIVE", "No concluyentes", "Inconclusive", "pending",
    ),
    verdicts.APT_WITH_REMARKS: (
        "is-remarks", "✓", "APTO CON OBSERVACIONES", "FIT, WITH REMARKS",
        "Aptos con observaciones", "Fit, with remarks", "met",
    ),
    verdicts.APT: ("is-apt", "✓", "APTO", "FIT", "Aptos", "Fit", "met"),
}  # fmt: skip
RECOMMENDATIONS = {
    "met": ("cumple", "complies"),
    "not_met": ("no cumple", "does not comply"),
    "pending": ("pendiente", "pending"),
}
SEVERITIES = {
    "required": ("obligatorio", "required"),
    "recommended": ("recomendado", "recommended"),
    "attested": ("declarado", "attested"),
}
CONTACTS = {
    "reached": ("Con contacto", "Reached"),
    "unreachable": ("Sin contacto", "Not reached"),
    "failed": ("Configuración incompleta", "Configuration incomplete"),
}
# What is compared on a server that was left by a whole run (standing.py).
AREAS = {
    "files": ("archivos", "files"),
    "places": ("directorios publicados", "published directories"),
    "packages": ("paquetes", "packages"),
    "units": ("unidades", "units"),
    "listeners": ("puertos en escucha", "listening ports"),
    "system": ("sistema", "system"),
    "firewall": ("cortafuegos", "firewall"),
    "settings": ("ajustes del núcleo", "kernel settings"),
    "bans": ("bloqueos", "bans"),
}
# Sections of a call; a clause belongs to the longest prefix that fits.
SECTIONS = (
    ("I", "I. Publicación y condiciones generales", "I. Publication and general conditions"),
    ("II", "II. Requisitos técnicos", "II. Technical requirements"),
    ("II.1", "II.1 Servidor", "II.1 Server"),
    ("II.2", "II.2 Cortafuegos perimetral", "II.2 Perimeter firewall"),
    ("II.3", "II.3 Detección y prevención de intrusiones", "II.3 Intrusion detection and prevention"),
    ("II.4", "II.4 Protección contra denegación de servicio", "II.4 Protection against denial of service"),
    ("II.5", "II.5 Ancho de banda", "II.5 Bandwidth"),
    ("II.6", "II.6 Red de distribución de contenidos", "II.6 Content delivery network"),
    ("II.7", "II.7 Servidor dedicado", "II.7 Dedicated server"),
    ("III", "III. Contactos técnicos", "III. Technical contacts"),
    ("IV", "IV. Memoria técnica", "IV. Technical memory"),
    ("", "Otras cláusulas", "Other clauses"),
)
# What is mended first: (tag, Spanish, English).
STEPS = (
    ("firewalld", "Cortafuegos", "Firewall"),
    ("sshd_hardening", "Acceso por SSH", "SSH access"),
    ("rsync_daemon", "Recepción con rsync", "Reception with rsync"),
    ("apache,rsync_daemon,sshd_hardening,firewalld", "Servicios", "Services"),
    ("apache", "Servidor web", "Web server"),
    ("publication", "Publicación", "Publication"),
    ("intrusion_prevention", "Detección y prevención de intrusiones", "Intrusion detection and prevention"),
    ("ddos_protection", "Protección contra denegación de servicio", "Protection against denial of service"),
    ("dedicated_host", "Servidor dedicado", "Dedicated server"),
    ("time_sync", "Reloj", "Clock"),
    ("log_retention", "Conservación de registros", "Retention of logs"),
    ("repositories", "Repositorios", "Repositories"),
    ("preflight", "Trámites con el Instituto", "Matters for the institute"),
    ("compliance", "Documentos y declaraciones", "Documents and attestations"),
)
MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "January February March April May June July August September October November December".split(),
)

PHRASES = {
    # Masthead and sections
    "title": ("Informe de cumplimiento de los difusores", "Compliance report of the diffusers"),
    "page_title": ("Cumplimiento de difusores", "Compliance of diffusers"),
    "evaluated_at": ("Evaluado", "Evaluated"),
    "run": ("Ejecución", "Run"),
    "controller": ("Nodo de control", "Control node"),
    "version": ("Versión", "Version"),
    "call": ("Convocatoria", "Call"),
    "freeze": ("Congelamiento", "Freeze"),
    "frozen": ("del {opens} al {closes} ({zone})", "from {opens} to {closes} ({zone})"),
    "freeze_override": ("se autorizaron cambios: {reason}", "changes were authorised: {reason}"),
    "freeze_kept": ("sin cambios en los servidores", "no changes to the servers"),
    "sections": ("Secciones", "Sections"),
    "verdict": ("Dictamen", "Verdict"),
    "first": ("Qué hacer primero", "What to do first"),
    "matrix": ("Requisitos por difusor", "Requirements by diffuser"),
    "detail": ("Detalle y evidencia", "Detail and evidence"),
    "decisions": ("Dispensas, declaraciones y avisos", "Waivers, attestations and notices"),
    "clause_index": ("Índice de cláusulas", "Index of clauses"),
    "reading": ("Cómo leer este informe", "How to read this report"),
    "diffusers": ("Difusores", "Diffusers"),
    "outlet": ("Medio o institución", "Outlet"),
    "diffuser": ("Difusor", "Diffuser"),
    "servers_controls": (
        "{hosts} servidores, {controls} requisitos cada uno.",
        "{hosts} servers, {controls} requirements each.",
    ),
    # Filters
    "filters": ("Requisitos que se muestran", "Requirements shown"),
    "filter_state": ("Estado", "State"),
    "filter_clause": ("Cláusula", "Clause"),
    "filter_severity": ("Carácter", "Severity"),
    "all": ("todos", "all"),
    "all_clauses": ("todas", "all"),
    "open": ("por atender", "to attend to"),
    "shown": ("Se muestran {shown} de {total} resultados", "{shown} of {total} results shown"),
    # What to do first
    "first_lede": (
        "Lo que impide declarar apto a un difusor, junto con la orden que lo corrige. "
        "Después de cada orden el informe se vuelve a generar.",
        "What keeps a diffuser from being fit, with the command that mends it. "
        "After each command the report is made anew.",
    ),
    "nothing_first": ("Ningún requisito obligatorio está pendiente.", "No required control is pending."),
    "restore_contact": ("Restablecer el contacto", "Restore contact"),
    "no_answer": ("Sin respuesta", "No answer"),
    # Matrix and detail
    "symbols": ("Símbolos", "Symbols"),
    "clause": ("Cláusula", "Clause"),
    "requirement": ("Requisito", "Requirement"),
    "found": ("Hallado", "Found"),
    "expected": ("Esperado", "Expected"),
    "no_datum": ("sin dato", "no datum"),
    "remedy": ("Remedio", "Remedy"),
    "evidence": ("Evidencia", "Evidence"),
    "seen_from": ("visto desde {place}", "seen from {place}"),
    "the_controller": ("el nodo de control", "the control node"),
    "address": ("Dirección", "Address"),
    "system": ("Sistema", "System"),
    "ssh_key": ("Llave SSH del servidor", "Server's SSH key"),
    "vantage_points": ("Observado desde", "Looked at from"),
    "not_looked": ("no observó: {reason}", "did not look: {reason}"),
    "since": (
        "En este estado desde el {since} ({runs} evaluaciones)",
        "In this state since {since} ({runs} evaluations)",
    ),
    "since_once": ("En este estado desde el {since} (1 evaluación)", "In this state since {since} (1 evaluation)"),
    "restores": ("Restauración automática", "Automatic restore"),
    "count_controls": ("Requisitos", "Requirements"),
    "worst": ("Por difusor", "By diffuser"),
    # Decisions
    "decisions_lede": (
        "Lo que una persona decidió o declaró. Una dispensa no convierte un incumplimiento en cumplimiento; "
        "una declaración sólo vale donde ninguna orden puede comprobarlo.",
        "What a person decided or declared. A waiver does not turn a failure into compliance; "
        "an attestation only counts where no command can look.",
    ),
    "kind": ("Tipo", "Kind"),
    "reason_or_text": ("Motivo o declaración", "Reason or statement"),
    "responsible": ("Responsable", "Responsible"),
    "date_or_expiry": ("Fecha o vencimiento", "Date or expiry"),
    "notices": ("Avisos", "Notices"),
    "warning": ("Atención", "Warning"),
    "info": ("Aviso", "Notice"),
    "attestation": ("Declaración", "Attestation"),
    "waiver": ("Dispensa", "Waiver"),
    "expired_waiver": ("Dispensa vencida", "Expired waiver"),
    "dispute": ("Impugnación", "Dispute"),
    "statement_of": ("{kind} de {name}, {post} ({date}): {text}", "{kind} by {name}, {post} ({date}): {text}"),
    "waiver_of": (
        "{kind} {document} de {approver}, hasta {expires}: {reason}",
        "{kind} {document} by {approver}, until {expires}: {reason}",
    ),
    # How to read it
    "means_apt": ("Cumple todos los requisitos.", "Meets every requirement."),
    "means_remarks": (
        "Cumple lo obligatorio; hay recomendaciones pendientes o dispensas vigentes.",
        "Meets what is required; recommendations are pending or waivers in force.",
    ),
    "means_not": (
        "Incumple al menos un requisito obligatorio sin dispensa vigente.",
        "Fails at least one required control without a waiver in force.",
    ),
    "means_open": (
        "No se halló incumplimiento, pero falta evidencia de algún requisito obligatorio, o no hubo contacto.",
        "No failure was found, but evidence of some required control is missing, or there was no contact.",
    ),
    "how_judged": (
        "Cada resultado se deduce sólo de lo que se leyó en el servidor o se observó desde fuera, y lo cita. "
        "Lo que no se pudo leer nunca cuenta como cumplido. Quien administra un servidor podría falsear lo que "
        "éste dice de sí mismo; por eso los puertos, las páginas y el certificado se observan además desde fuera.",
        "Each result follows only from what was read on the server or seen from outside, and cites it. "
        "What could not be read never counts as met. Whoever administers a server could falsify what it says of "
        "itself; so ports, pages and certificate are looked at from outside as well. "
        "What was found is quoted in Spanish.",
    ),
    "head_of_unit": ("Titular de la {unit}", "Head of the {unit}"),
    "committee": ("Comité Técnico Asesor del PREP", "Technical Advisory Committee of the PREP"),
    "for_the_diffuser": ("Por el difusor", "For the diffuser"),
    "whole_data": ("Datos completos", "Complete data"),
    "page": ("Página", "Page"),
    "of": ("de", "of"),
    # Headlines
    "one_fit": ("El difusor es apto", "The diffuser is fit"),
    "all_fit": ("Los {total} difusores son aptos", "All {total} diffusers are fit"),
    "with_remarks": (", con observaciones", ", with remarks"),
    "some_with_remarks": (", {some} con observaciones", ", {some} with remarks"),
    "one_not_fit": ("El difusor no es apto todavía", "The diffuser is not fit yet"),
    "none_fit": ("Ningún difusor es apto todavía", "No diffuser is fit yet"),
    "one_of": ("1 de {total} difusores es apto", "1 of {total} diffusers is fit"),
    "some_of": ("{fit} de {total} difusores son aptos", "{fit} of {total} diffusers are fit"),
    "totals": (
        "{evaluated} de {total} comprobaciones con resultado: {met} cumplen",
        "{evaluated} of {total} checks with a result: {met} met",
    ),
    "count_fail": ("{n} no cumplen", "{n} not met"),
    "count_error": ("{n} con error", "{n} could not be checked"),
    "count_no_evidence": ("{n} sin evidencia", "{n} without evidence"),
    "count_unreachable": ("{n} sin contacto", "{n} not reached"),
    "count_not_applicable": ("{n} no aplican", "{n} not applicable"),
    "treated": (
        "Con dispensa {waived}, con declaración {attested}, impugnados {disputed}, con dispensa vencida {expired}",
        "Waived {waived}, attested {attested}, disputed {disputed}, waiver expired {expired}",
    ),
    "bar_pass": ("{n} cumplen", "{n} met"),
    "bar_noted": ("{n} con dispensa o declaración", "{n} waived or attested"),
    "bar_fail": ("{n} no cumplen", "{n} not met"),
    "bar_doubt": ("{n} sin evidencia o con error", "{n} without evidence or with an error"),
    "bar_none": ("{n} sin contacto o no aplican", "{n} not reached or not applicable"),
    # Acts and summary on paper
    "act": ("Acta de cumplimiento", "Record of compliance"),
    "fleet_summary": ("Resumen de la flota", "Summary of the fleet"),
    "committee_summary": (
        "Resumen para la Comisión Temporal del PREP y el COTAPREP",
        "Summary for the PREP commission and the technical committee",
    ),
    "recommendation": ("Recomendación", "Recommendation"),
    "recommends": (
        "La {unit} informa el resultado de la verificación técnica de cada difusor, conforme a la convocatoria. "
        "«Cumple»: satisface lo obligatorio. «No cumple»: incumple al menos un requisito obligatorio. "
        "«Pendiente»: falta evidencia para decidir.",
        "The {unit} reports the outcome of the technical verification of each diffuser under the call. "
        "\u201cComplies\u201d: meets what is required. "
        "\u201cDoes not comply\u201d: fails at least one required control. "
        "\u201cPending\u201d: evidence to decide is missing.",
    ),
    "pending_items": ("Requisitos por atender", "Requirements to attend to"),
    "results_by_control": ("Resultado de cada requisito", "Result of each requirement"),
    "and_more": ("y {n} más en compliance.json", "and {n} more in compliance.json"),
    "nothing_open": ("Ningún requisito por atender.", "No requirement to attend to."),
    "required_open": ("Obligatorios por atender", "Required, to attend to"),
    "digest": ("SHA-256 de compliance.json", "SHA-256 of compliance.json"),
    "name_post_signature": ("Nombre, cargo y firma", "Name, post and signature"),
    # Tables for a spreadsheet
    "severity": ("Carácter", "Severity"),
    "state": ("Estado", "State"),
    "treatment": ("Tratamiento", "Treatment"),
    "control": ("Control", "Control"),
    "host": ("Servidor", "Host"),
    "command": ("Orden", "Command"),
    "cause": ("Causa", "Cause"),
    "committed_date": ("Fecha compromiso", "Committed date"),
    "done_by": ("Responsable del medio", "Person in charge at the outlet"),
    "first_seen": ("Desde", "Since"),
    "basis": ("Fundamento", "Basis"),
}  # fmt: skip


class Words:
    """The words of one language.

    :ivar lang: ``es`` or ``en``, as HTML's ``lang`` and the model's texts name it.
    """

    def __init__(self, lang="es", zone="UTC"):
        if lang not in LANGUAGES:
            raise ValueError(f"lang: expected {' or '.join(LANGUAGES)}, got {lang}")
        self.lang = lang
        self.zone = zone
        self._at = LANGUAGES.index(lang)

    def __call__(self, key, **values):
        """A phrase."""
        text = PHRASES[key][self._at]
        return text.format(**values) if values else text

    def of(self, texts):
        """The text of this language out of the model's ``{es, en}``; a plain text is itself."""
        if isinstance(texts, dict):
            return texts.get(self.lang) or texts.get("es") or ""
        return texts or ""

    def state(self, name):
        return STATES[name][0], STATES[name][1 + self._at]

    def added(self, treatment):
        return ADDED[treatment][self._at] if treatment in ADDED else ""

    def verdict(self, name):
        return VERDICTS[name][2 + self._at]

    def verdicts(self, name):
        """In the plural."""
        return VERDICTS[name][4 + self._at]

    def recommendation(self, verdict):
        return RECOMMENDATIONS[VERDICTS[verdict][6]][self._at]

    def severity(self, name):
        return SEVERITIES[name][self._at] if name in SEVERITIES else name

    def contact(self, name):
        return CONTACTS[name][self._at] if name in CONTACTS else name

    def section(self, index):
        return SECTIONS[index][1 + self._at]

    def step(self, tag):
        return next((names[self._at] for known, *names in STEPS if known == tag), tag)

    def moment(self, text):
        """``2022-06-06T01:00:00Z`` -> ``5 de junio de 2022, 20:00 h (UTC-5)``; what is no time stays as it is."""
        moment = self._local(text)
        if moment is None:
            return text
        of, unit = (" de ", " h") if self.lang == "es" else (" ", "")
        day = of.join((str(moment.day), MONTHS[self._at][moment.month - 1], str(moment.year)))
        return f"{day}, {moment:%H:%M}{unit} (UTC{moment.utcoffset().total_seconds() / 3600:+g})"

    def _local(self, text):
        try:
            moment = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
            return moment.astimezone(ZoneInfo(self.zone))
        except (ValueError, ZoneInfoNotFoundError):
            return None


def section_of(clause):
    """Index in SECTIONS of the longest prefix of a clause."""
    fits = [
        (len(prefix), index)
        for index, (prefix, *_titles) in enumerate(SECTIONS)
        if prefix and (clause == prefix or clause.startswith(prefix + "."))
    ]
    return max(fits)[1] if fits else len(SECTIONS) - 1


def clause_order(clause):
    """Sort key by which I.2 comes before I.10, and II after I."""
    return [(_roman(part), part) for part in clause.split(".")]


def _roman(part):
    if part.isdigit():
        return int(part)
    values = {"I": 1, "V": 5, "X": 10, "L": 50}
    numbers = [values.get(letter, 1000) for letter in part]
    return sum(-one if any(one < later for later in numbers[at + 1 :]) else one for at, one in enumerate(numbers))
