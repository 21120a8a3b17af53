"""The memory's words for people, in Spanish and English: one table for page, paper and tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils.report_words import MONTHS

from prepctl.errors import PrepctlError

LANGUAGES = ("es", "en")

PHRASES = {
    "title": ("Memoria técnica", "Technical memory"),
    "fleet_title": ("Memoria técnica de los difusores", "Technical memory of the diffusers"),
    "fleet": ("Todos los difusores", "All diffusers"),
    "window": ("Periodo: del {since} al {until}", "Period: {since} to {until}"),
    "made": ("Elaborada el {when}", "Made on {when}"),
    "section_1": ("1. Registros de acceso", "1. Access logs"),
    "section_2": ("2. Incidencias", "2. Incidents"),
    "section_3": ("3. Comparativo con el promedio normal", "3. Comparison with the normal average"),
    "section_4": ("4. Comentarios y sugerencias", "4. Comments and suggestions"),
    "recommendations": ("5. Recomendaciones para la próxima convocatoria", "5. Recommendations for the next call"),
    "annex": ("Anexo: cómo se contó", "Annex: how it was counted"),
    "outlets": ("Por medio", "By outlet"),
    "hits": ("Solicitudes (hits)", "Requests (hits)"),
    "pages": ("Páginas vistas", "Page views"),
    "visits": ("Visitas", "Visits"),
    "visitors": ("Visitantes únicos", "Unique visitors"),
    "bytes": ("Datos enviados", "Data sent"),
    "robots": ("Solicitudes de robots", "Requests by robots"),
    "refused": ("Respuestas 4xx", "4xx answers"),
    "failed": ("Respuestas 5xx", "5xx answers"),
    "visit_length": ("Duración media de una visita", "Mean length of a visit"),
    "peak_minute": ("Minuto con más solicitudes", "Busiest minute"),
    "peak_second": ("Segundo con más solicitudes", "Busiest second"),
    "peak_band": ("Ancho de banda máximo (un minuto)", "Peak bandwidth (one minute)"),
    "readers_at_peak": ("Lectores simultáneos en el minuto pico", "Readers at once in the busiest minute"),
    "p50": ("Tiempo de respuesta, mediana", "Time taken, median"),
    "p95": ("Tiempo de respuesta, percentil 95", "Time taken, 95th percentile"),
    "at": ("{value} · {when}", "{value} · {when}"),
    "day": ("Día", "Day"),
    "hour": ("Hora", "Hour"),
    "outlet": ("Medio", "Outlet"),
    "code": ("Código", "Code"),
    "meaning": ("Significado", "Meaning"),
    "kind": ("Clase", "Kind"),
    "page": ("Página", "Page"),
    "count": ("Cuenta", "Count"),
    "share": ("Parte", "Share"),
    "referrer": ("Procedencia", "Referrer"),
    "system": ("Sistema", "System"),
    "browser": ("Navegador", "Browser"),
    "robot": ("Robot", "Robot"),
    "cut": ("Corte", "Cut"),
    "published": ("Publicado", "Published"),
    "pages_before": ("Páginas, {n} min antes", "Pages, {n} min before"),
    "pages_after": ("Páginas, {n} min después", "Pages, {n} min after"),
    "pages_peak": ("Máximo por minuto", "Most in a minute"),
    "per_hour": ("Solicitudes por hora", "Requests per hour"),
    "per_day": ("Páginas vistas por día", "Page views per day"),
    "by_readers": ("lectores", "readers"),
    "by_robots": ("robots", "robots"),
    "opens": ("apertura", "opening"),
    "closes": ("cierre", "close"),
    "around_cut": (
        "Páginas por minuto alrededor de un corte (promedio de {n} cortes)",
        "Pages per minute around a cut (average of {n} cuts)",
    ),
    "around_drill_cut": (
        "Páginas por minuto alrededor de un corte de simulacro (promedio de {n} cortes)",
        "Pages per minute around a drill's cut (average of {n} cuts)",
    ),
    "minutes_from_cut": ("minutos desde la publicación del corte", "minutes from the cut's publication"),
    "cut_published": ("se publica el corte", "the cut is published"),
    "no_cuts": (
        "No hay registro de cortes publicados, así que no se muestra el efecto de cada corte.",
        "There is no record of published cuts, so the effect of each cut is not shown.",
    ),
    "status_codes": ("Códigos de respuesta", "Status codes"),
    "all_requests": ("Todas", "All"),
    "what_was_asked": ("Qué se pidió", "What was asked for"),
    "top_pages": ("Páginas más vistas", "Most viewed pages"),
    "not_found": ("Lo que se buscó y no existe (404)", "What was looked for and is not there (404)"),
    "referrers": ("De dónde llegaron los lectores", "Where readers came from"),
    "portals": ("Portales que integran o enlazan los resultados", "Portals that embed or link the results"),
    "portal_share": ("Páginas vistas desde el portal", "Page views from the portal"),
    "systems_browsers": (
        "Sistemas y navegadores de los lectores (solicitudes)",
        "Readers' systems and browsers (requests)",
    ),
    "robots_apart": ("Robots, contados aparte", "Robots, counted apart"),
    "load_map": ("Mapa de carga: solicitudes por hora y medio", "Map of load: requests by hour and outlet"),
    "kind_page": ("Páginas (documentos)", "Pages (documents)"),
    "kind_data": ("Datos (JSON, CSV, zip)", "Data (JSON, CSV, zip)"),
    "kind_part": ("Partes de una página (imágenes, estilos…)", "Parts of a page (images, styles…)"),
    "kind_other": ("Otras (otros métodos, solicitudes rotas)", "Others (other methods, broken requests)"),
    "direct": ("(directo o sin dato)", "(direct or not told)"),
    "own_site": ("propio sitio", "own site"),
    "search": ("buscador", "search engine"),
    "social": ("red social", "social network"),
    "portal": ("portal", "portal"),
    "since": ("Desde", "Since"),
    "until": ("Hasta", "Until"),
    "what": ("Qué", "What"),
    "detail": ("Detalle", "Detail"),
    "effect": ("Efecto en la publicación", "Effect on publication"),
    "source": ("Fuente", "Source"),
    "open": ("sin cierre", "not closed"),
    "no_incidents": ("Ninguna incidencia en los registros del periodo.", "No incident in the period's logs."),
    "no_sources": (
        "No se contó con estos registros: {kinds}. Lo que sólo ellos dicen no aparece aquí.",
        "These logs were not at hand: {kinds}. What they alone tell is not here.",
    ),
    "timeline_more": (
        "Se muestran las {shown} de mayor efecto de {all}; todas están en la tabla incidents.",
        "The {shown} of most effect of {all} are shown; all are in the table incidents.",
    ),
    "effect_none": ("ninguno", "none"),
    "effect_no_results": ("sin resultados {time}", "no results for {time}"),
    "effect_old_cut": ("corte anterior a la vista {time}", "earlier cut shown for {time}"),
    "effect_notice": ("aviso en lugar de resultados {time}", "notice in place of results for {time}"),
    "effect_slow": ("respuestas lentas o rechazadas", "slow or refused answers"),
    "effect_unknown": ("por determinar", "to be determined"),
    "kind_down": ("sin respuesta", "no answer"),
    "kind_stale": ("corte atrasado", "stale cut"),
    "kind_altered": ("contenido alterado", "altered content"),
    "kind_foreign": ("corte ajeno", "foreign cut"),
    "kind_clock": ("sin la hora del corte", "without the cut's hour"),
    "kind_certificate": ("certificado por vencer", "certificate about to end"),
    "kind_notice": ("aviso y estado no concuerdan", "notice and state disagree"),
    "kind_late": ("sin cortes nuevos", "no new cuts"),
    "kind_suspended": ("suspendido por el Instituto", "suspended by the institute"),
    "kind_ban": ("bloqueos de direcciones", "bans of addresses"),
    "kind_waf": ("solicitudes rechazadas por el cortafuegos web", "requests refused by the web firewall"),
    "kind_rsync_denied": ("intentos rechazados en rsync", "refused attempts at rsync"),
    "kind_rsync_error": ("transferencia de rsync interrumpida", "rsync transfer broken off"),
    "kind_refused": ("corte rechazado por el activador", "cut refused by the activator"),
    "kind_recovered": ("activador recuperado", "activator recovered"),
    "kind_max_workers": ("Apache al máximo de sus procesos", "Apache at its limit of workers"),
    "kind_stopped": ("Apache detenido", "Apache stopped"),
    "kind_crashed": ("proceso de Apache terminado por error", "Apache process crashed"),
    "kind_disk_full": ("disco lleno", "disk full"),
    "kind_gap": ("nadie recibió respuesta", "nobody was answered"),
    "kind_server_errors": ("errores del servidor (5xx)", "server errors (5xx)"),
    "gap_detail": ("se esperaban unas {rate} páginas por minuto", "some {rate} pages a minute were expected"),
    "once": ("una vez", "once"),
    "from_address": ("desde una dirección", "from one address"),
    "times": ("{n} veces", "{n} times"),
    "from_addresses": ("desde {n} direcciones", "from {n} addresses"),
    "bans": ("Bloqueos (fail2ban)", "Bans (fail2ban)"),
    "banned": ("Direcciones bloqueadas", "Addresses banned"),
    "waf": ("Solicitudes rechazadas (ModSecurity)", "Requests refused (ModSecurity)"),
    "rule": ("Regla", "Rule"),
    "jail": ("Motivo del bloqueo (jail)", "Reason of the ban (jail)"),
    "pushes": ("Recepciones por rsync", "Receptions by rsync"),
    "lag_median": ("Retraso de los cortes, mediana", "Lag of cuts, median"),
    "lag_worst": ("Retraso de los cortes, máximo", "Lag of cuts, worst"),
    "lag_late": ("Cortes a la vista después de {limit} s", "Cuts shown after {limit} s"),
    "of_cuts": ("{n} de {all}", "{n} of {all}"),
    "baseline_logs": (
        "El promedio normal procede de registros anteriores del propio medio: {days} días completos.",
        "The normal average comes from the outlet's own earlier logs: {days} whole days.",
    ),
    "baseline_declared": (
        "El promedio normal es el que declaró el medio.",
        "The normal average is the one that the outlet declared.",
    ),
    "no_baseline": (
        "No se contó con un promedio normal: ni registros anteriores ni promedios declarados por el medio.",
        "There is no normal average: neither earlier logs nor averages declared by the outlet.",
    ),
    "average_day": ("Promedio normal por día", "Normal average per day"),
    "times_normal": ("Veces el normal", "Times normal"),
    "whole_window": ("Todo el periodo", "Whole period"),
    "normal": ("promedio normal", "normal average"),
    "election": ("elección y resultados", "election and results"),
    "no_comments": ("El medio no entregó comentarios.", "The outlet gave no comments."),
    "method": ("Definiciones", "Definitions"),
    "differences": ("Por qué AWStats y GoAccess dan otras cifras", "Why AWStats and GoAccess tell other figures"),
    "lines": ("Líneas leídas", "Lines read"),
    "rejected": ("Líneas que no son de un registro", "Lines that are none of a log"),
    "outside": ("Líneas fuera del periodo", "Lines outside the period"),
    "balance": (
        "{lines} líneas = {hits} solicitudes + {rejected} apartadas; se comprobó al contar.",
        "{lines} lines = {hits} requests + {rejected} set aside; asserted while counting.",
    ),
    "unknown_readers": (
        "{n} páginas llegaron por la red de distribución (CDN) sin la dirección del lector; cada nodo cuenta como un "
        "visitante.",
        "{n} pages came through the CDN without the reader's address; each of its nodes counts as one visitor.",
    ),
    "files": ("Archivos de origen", "Source files"),
    "file": ("Archivo", "File"),
    "size": ("Tamaño", "Size"),
    "privacy": ("Privacidad", "Privacy"),
    "privacy_text": (
        "Ninguna dirección aparece en este documento ni en sus tablas: se sustituyen por seudónimos (HMAC-SHA-256) con "
        "una clave que conserva el Instituto, "
        "lo que mantiene exactas las cuentas. Las direcciones completas sólo están en los registros originales "
        "sellados.",
        "No address appears in this document or its tables: pseudonyms (HMAC-SHA-256) stand for them, with a key that "
        "the institute keeps, so that counts "
        "stay exact. Full addresses are in the sealed original logs alone.",
    ),
    "problems": ("Avisos", "Notices"),
    "yes_outlet": ("Difusor", "Diffuser"),
    "none": ("ninguno", "none"),
    "unknown": ("sin dato", "not told"),
}

DEFINITIONS = (
    (
        "Solicitud (hit): toda línea bien formada del registro, también de robots y con error.",
        "Request (hit): every well-formed line of the log, robots' and errors included.",
    ),
    (
        "Página vista: solicitud GET de un documento (ruta que termina en «/», sin extensión, o .html, .htm, .php y "
        "semejantes) respondida con 200 o 304 a quien no es un "
        "robot. Los archivos .json, que una página abierta vuelve a pedir por sí sola, nunca cuentan como página.",
        "Page view: a GET request for a document (a path that ends in “/”, without an extension, or .html, .htm, .php "
        "and the like) answered by 200 or 304 to who is no "
        "robot. A .json file, which an open page asks for again by itself, never counts as a page.",
    ),
    (
        "Visita (IFABC/JICWEBS): serie de páginas vistas por una misma dirección y un mismo agente; termina cuando "
        "pasan 30 minutos o más sin otra página. No se corta a "
        "medianoche; cuenta en el día y la hora en que empezó.",
        "Visit (IFABC/JICWEBS): a series of pages viewed by one address and one agent; it ends when 30 minutes or more "
        "pass without another page. It is not cut at "
        "midnight; it counts in the day and hour in which it began.",
    ),
    (
        "Visitante único: pareja distinta de dirección y agente con al menos una página vista, en el lapso de que se "
        "trate; por eso los días no se suman. Detrás de una "
        "dirección de operador móvil (CGNAT) puede haber muchas personas con el mismo agente.",
        "Unique visitor: a distinct pair of address and agent with at least one page view in the span told of; so days "
        "don't add up. Behind one address of a mobile "
        "carrier (CGNAT) there may be many people with the same agent.",
    ),
    (
        "Robot: agente de las listas mantenidas crawler-user-agents y uap-core, programas que no son navegadores, "
        "agentes vacíos y los observadores del propio Instituto.",
        "Robot: an agent of the maintained lists crawler-user-agents and uap-core, programs that are no browsers, "
        "empty agents, and the institute's own watchers.",
    ),
    (
        "Datos enviados: bytes con encabezados si el registro los trae (%O); si no, los del cuerpo (%b). Tiempo de "
        "respuesta: %D, con 3 % de precisión.",
        "Data sent: bytes with headers if the log tells them (%O), else those of the body (%b). Time taken: %D, to "
        "within 3 %.",
    ),
    (
        "Lectores simultáneos: visitas con una página en el minuto o en los 60 segundos previos.",
        "Readers at once: visits with a page in the minute or the 60 seconds before.",
    ),
)
DIFFERENCES = (
    (
        "GoAccess cuenta como visitante una pareja de dirección y agente por cada día, con cualquier solicitud y "
        "también de robots, y suma los días: da más visitantes. No cuenta visitas.",
        "GoAccess counts a pair of address and agent as a visitor for each day, by any request and robots too, and "
        "adds the days up: more visitors. It counts no visits.",
    ),
    (
        "AWStats termina una visita después de 60 minutos sin actividad de la dirección sola, sin distinguir agentes: "
        "quienes comparten una dirección son un visitante.",
        "AWStats ends a visit after 60 minutes of the address alone, whatever its agents: those who share an address "
        "are one visitor.",
    ),
    (
        "AWStats cuenta como página todo lo que no es imagen, estilo o código; con ello también .json, que aquí no lo "
        "es. Sólo cuenta 200 y 304 como solicitud buena y aparta las demás.",
        "AWStats counts as a page all that is no image, style or script, .json among it, which is none here. It counts "
        "200 and 304 alone as good requests and sets others apart.",
    ),
    (
        "AWStats descarta lo que llega con más de dos horas de atraso; aquí el orden de las líneas no importa.",
        "AWStats drops what comes more than two hours late; here the order of lines does not matter.",
    ),
)
STATUS = {
    200: ("enviada", "sent"),
    206: ("enviada en parte", "sent in part"),
    301: ("movida", "moved"),
    302: ("movida por ahora", "moved for now"),
    304: ("sin cambios: el lector ya la tenía", "not modified: the reader had it"),
    400: ("solicitud incorrecta", "bad request"),
    403: ("prohibida", "forbidden"),
    404: ("no existe", "not found"),
    405: ("método no admitido", "method not allowed"),
    408: ("el lector tardó demasiado", "the reader took too long"),
    421: ("servidor equivocado", "wrong server"),
    429: ("demasiadas solicitudes", "too many requests"),
    500: ("error del servidor", "server error"),
    503: ("aviso o servicio interrumpido", "notice, or service interrupted"),
}


class Words:
    """The words of a language.

    :raises PrepctlError: there is no such language.
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise PrepctlError(f"--lang: expected one of {', '.join(LANGUAGES)}, got {lang}")
        self.lang, self._at = lang, LANGUAGES.index(lang)

    def __call__(self, key: str, **values: Any) -> str:
        text = PHRASES[key][self._at]
        return text.format(**values) if values else text

    def of(self, both: tuple[str, str]) -> str:
        return both[self._at]

    def kind(self, kind: str) -> str:
        return self(f"kind_{kind}") if f"kind_{kind}" in PHRASES else kind

    def moment(self, at: datetime, *, seconds: bool = False) -> str:
        """``5 de junio de 2022, 20:00``"""
        of = " de " if self._at == 0 else " "
        day = of.join((str(at.day), MONTHS[self._at][at.month - 1], str(at.year)))
        return f"{day}, {at:%H:%M:%S}" if seconds else f"{day}, {at:%H:%M}"

    def day(self, text: str) -> str:
        """``2022-06-05`` as ``5 de junio``."""
        _year, month, day = text.split("-")
        return (" de " if self._at == 0 else " ").join((str(int(day)), MONTHS[self._at][int(month) - 1]))

    def status(self, code: int) -> str:
        return STATUS.get(code, ("", ""))[self._at]


def number(value: float) -> str:
    return f"{value:,.0f}"


def size(value: float) -> str:
    """Bytes, decimal as providers count them."""
    for step, letter in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= step:
            return f"{value / step:,.1f} {letter}"
    return f"{value:,.0f} B"


def span(seconds: float) -> str:
    """A length of time: 12 min, 1 h 05 min."""
    minutes = int(round(seconds / 60))
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {rest:02d} min"


def millis(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
