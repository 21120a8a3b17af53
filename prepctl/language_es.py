"""What prepctl says, in Spanish: whole sentences, and what stands in them."""

from __future__ import annotations

CATALOGUE: dict[str, str] = {
    # Over several workers.
    "--workers: expected 1 to {most}, got {given}":
        "--workers: se esperaba de 1 a {most}; se recibió {given}",
    "--workers: expected a number or a file with a command a line, got {given}: {reason}":
        "--workers: se esperaba un número o un archivo con una orden por renglón; se recibió {given}: {reason}",
    "{path}: line {number}: expected a worker's command: {reason}":
        "{path}: renglón {number}: se esperaba la orden de un trabajador: {reason}",
    "{path}: expected the commands of 1 to {most} workers, found {count}":
        "{path}: se esperaban las órdenes de 1 a {most} trabajadores; hay {count}",
    "{path}: expected an inventory within the workspace, since workers are sent that alone":
        "{path}: se esperaba un inventario dentro del espacio de trabajo, que es lo único que se envía a los "
        "trabajadores",
    "{path}: expected a workspace of at most {most} MiB, since each worker is sent it; move away what is no "
    "input of a run":
        "{path}: se esperaba un espacio de trabajo de a lo más {most} MiB, porque se envía a cada trabajador; "
        "mueva a otra parte lo que no se usa en una corrida",
    "ansible_ssh_private_key_file: expected one key for all hosts, or keys within the workspace, to send them "
    "to workers; got {keys}":
        "ansible_ssh_private_key_file: se esperaba una llave para todos los equipos, o llaves dentro del espacio "
        "de trabajo, para enviarlas a los trabajadores; se recibió {keys}",
    "{path}: expected a key without a passphrase, which no worker can ask for; load it into an agent, leave "
    "ansible_ssh_private_key_file out, and forward the agent (ssh -A)":
        "{path}: se esperaba una llave sin frase de paso, porque ningún trabajador puede preguntarla; cárguela en "
        "un agente, quite ansible_ssh_private_key_file y reenvíe el agente (ssh -A)",
    "{worker} was lost: {reason}; put that right and go on with: prepctl onboard --limit @failed":
        "se perdió {worker}: {reason}; corríjalo y continúe con: prepctl onboard --limit @failed",
    # What was expected and what was got, everywhere.
    "{where}: expected {expected}, got {got}": "{where}: se esperaba {expected}; se recibió {got}",
    "{path}: row {row}, column {column}: expected {expected}, got {got}":
        "{path}: renglón {row}, columna {column}: se esperaba {expected}; se recibió {got}",
    "{path}: line {number}: expected {expected}, got {got}":
        "{path}: línea {number}: se esperaba {expected}; se recibió {got}",
    "expected {expected}": "se esperaba {expected}",
    "did you mean": "¿quiso decir",
    "nothing": "nada",
    # The command line.
    "init: expected {options}, since nobody can be asked (prepctl init --help)":
        "init: faltan {options}, pues no hay a quién preguntar (prepctl init --help)",
    "--csv: expected no outlet beside the file's": "--csv: no se esperaba otro medio además de los del archivo",
    "--document: expected SLUG=DATE, got {text}": "--document: se esperaba DOCUMENTO=FECHA; se recibió {text}",
    "--contact: expected [STAGE.]FIELD=VALUE, got {text}":
        "--contact: se esperaba [ETAPA.]CAMPO=VALOR; se recibió {text}",
    "--lang: expected es or en, got {lang}": "--lang: se esperaba es o en; se recibió {lang}",
    "--as-of: expected a date such as 2027-05-20, got {text}":
        "--as-of: se esperaba una fecha como 2027-05-20; se recibió {text}",
    "--fingerprint: expected {expected}, got {got}": "--fingerprint: se esperaba {expected}; se recibió {got}",
    "--fingerprint: expected the server's fingerprint, since nobody can be asked":
        "--fingerprint: falta la huella del servidor, pues no hay a quién preguntar",
    "--limit: expected hosts or groups of {path} ({known}), got {word}":
        "--limit: se esperaban equipos o grupos de {path} ({known}); se recibió {word}",
    "--limit @failed: expected a former onboarding in {path}, found none; leave --limit out":
        "--limit @failed: no hay ningún onboard anterior en {path}; quite --limit",
    "--limit @failed: the run {run} was killed or is still going, and left no record of its hosts; leave --limit out":
        "--limit @failed: la corrida {run} fue interrumpida o sigue en curso y no dejó registro de sus equipos; "
        "quite --limit",
    "--limit @failed: the last onboarding was finished on every diffuser; nothing to do":
        "--limit @failed: el último onboard terminó en todos los difusores; no hay nada que hacer",
    # Files of a workspace.
    "{path}: expected a directory that can be written to: {reason}; nothing was changed":
        "{path}: se esperaba un directorio en el que se pueda escribir: {reason}; no se cambió nada",
    "{path}: expected a directory that can be written to: {reason}; no server was touched":
        "{path}: se esperaba un directorio en el que se pueda escribir: {reason}; no se tocó ningún servidor",
    "{path}: another prepctl changes this workspace now; try again when it has ended":
        "{path}: otro prepctl está cambiando este espacio de trabajo; intente de nuevo cuando termine",
    "{path}: expected a new or empty directory, found {found} in it; `prepctl add` adds to a workspace":
        "{path}: se esperaba un directorio nuevo o vacío; contiene {found}; `prepctl add` agrega a uno existente",
    "{path}: cannot be read: {reason}": "{path}: no se puede leer: {reason}",
    "{path}: expected UTF-8, got another encoding (byte {byte})":
        "{path}: se esperaba UTF-8; tiene otra codificación (byte {byte})",
    "{path}: expected a section [{group}], found none": "{path}: se esperaba una sección [{group}]; no hay ninguna",
    "{path}: [{group}]: expected at least one diffuser, found none; prepctl add takes one in":
        "{path}: [{group}]: se esperaba al menos un difusor; no hay ninguno; prepctl add lo agrega",
    "{path}: prep_call: expected the name of a call, found none":
        "{path}: prep_call: se esperaba el nombre de una convocatoria; no hay ninguno",
    "{path}: expected the report of a drill as JSON, got something else":
        "{path}: se esperaba el informe de un simulacro en JSON; es otra cosa",
    "{name}: expected a host of {path} ({known})": "{name}: se esperaba un equipo de {path} ({known})",
    # What stands for `expected` and `got`.
    "a section such as [diffusers]": "una sección como [diffusers]",
    "a quote that ends": "comillas que cierren",
    "variable=value after the host's name": "variable=valor después del nombre del equipo",
    "each host once": "cada equipo una vez",
    "{name} a second time": "{name} por segunda vez",
    "a value of its own": "un valor propio",
    "{value}, which is {other}'s": "{value}, que es de {other}",
    "a host of {path}": "un equipo de {path}",
    "another outlet here": "otro medio del archivo",
    "a name without a file": "un nombre sin archivo",
    "host_vars/{name}.yml, which is there though no host is named so":
        "host_vars/{name}.yml, que existe aunque ningún equipo se llama así",
    "the server's fingerprint (SHA256:...), since nobody can be asked; or --offline":
        "la huella del servidor (SHA256:...), pues no hay a quién preguntar; o --offline",
    # The vault.
    "{path}: expected vault_password_file in it, or --vault-password-file, found neither: without the password no "
    "secret can be encrypted":
        "{path}: se esperaba vault_password_file, o --vault-password-file: sin la contraseña no se puede cifrar nada",
    "{path}: expected the vault's password in it, found no such file; put it back, or name another with "
    "--vault-password-file":
        "{path}: se esperaba la contraseña de la bóveda; no existe el archivo; repóngalo o indique otro con "
        "--vault-password-file",
    "{path}: expected the vault's password in it: {reason}": "{path}: se esperaba la contraseña de la bóveda: {reason}",
    # SSH host keys.
    "ssh-keyscan is not installed; on Debian: apt-get install openssh-client":
        "ssh-keyscan no está instalado; en Debian: apt-get install openssh-client",
    "{where}: no SSH host key could be fetched: {reason}; is the server up, and does it let this machine in? "
    "(--offline leaves the key for `prepctl trust` later)":
        "{where}: no se pudo obtener la clave SSH del servidor: {reason}; ¿está encendido y deja entrar a este equipo? "
        "(--offline deja la clave para `prepctl trust`)",
    "{where}: it answers, but offers no SSH host key; is that port sshd's?":
        "{where}: responde, pero no ofrece ninguna clave SSH; ¿ese puerto es el de sshd?",
    "{where}: expected the host key {wanted}, the server offers {told}: not added. Is it another server, or somebody "
    "in between? Ask the outlet for `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`":
        "{where}: se esperaba la clave {wanted}; el servidor ofrece {told}: no se agregó. ¿Es otro servidor, o hay "
        "alguien en medio? Pida al medio `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`",
    "{where}: the host key was not confirmed": "{where}: la clave del servidor no fue confirmada",
    "{path}: another host key of {where} stands there; if the server was reinstalled: prepctl trust NAME --replace":
        "{path}: ahí está otra clave de {where}; si el servidor se reinstaló: prepctl trust NOMBRE --replace",
    "{name}: {where} offers these SSH host keys:": "{name}: {where} ofrece estas claves SSH:",
    "Compare with what the outlet's technician reads on the server's own console "
    "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); not with what came by this network.":
        "Compárelas con lo que el técnico del medio lee en la consola del propio servidor "
        "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), no con lo que llegó por esta red.",
    "Are they the same? yes, no, or the fingerprint that you were told":
        "¿Son iguales? sí, no, o la huella que le dijeron",
    "{name}: {fingerprint} ({kind}) is known": "{name}: {fingerprint} ({kind}) quedó registrada",
    # CSV.
    "{path}: expected a CSV file, it cannot be read: {reason}":
        "{path}: se esperaba un archivo CSV; no se puede leer: {reason}",
    "{path}: expected a CSV, got another kind of file; save the sheet as CSV first":
        "{path}: se esperaba un CSV; es otro tipo de archivo; guarde primero la hoja como CSV",
    "{path}: expected a CSV of at most {size} MB, got more": "{path}: se esperaba un CSV de {size} MB a lo más",
    "{path}: expected a CSV, got something else: {reason}": "{path}: se esperaba un CSV; es otra cosa: {reason}",
    "{path}: expected a row of headings and one for each outlet, got nothing":
        "{path}: se esperaba un renglón de encabezados y uno por medio; está vacío",
    "{path}: expected a row for each outlet, got headings alone":
        "{path}: se esperaba un renglón por medio; sólo hay encabezados",
    "{path}: row {row}: expected {wanted} cells, got {got}; is a text with {delimiter} in it not in quotes?":
        "{path}: renglón {row}: se esperaban {wanted} celdas; hay {got}; ¿un texto con {delimiter} va sin comillas?",
    "{path}: row 1, column {number} ({heading}): expected each column once, {other} means the same":
        "{path}: renglón 1, columna {number} ({heading}): se esperaba cada columna una vez; {other} es lo mismo",
    "{path}: row 1: expected a column for {what} (headed {headings}), found none":
        "{path}: renglón 1: se esperaba una columna para {what} (encabezada {headings}); no hay ninguna",
    "columns that mean nothing here: {columns}": "columnas que aquí no significan nada: {columns}",
    # What init and add say and ask.
    "{path}: a workspace for the call {call}, {count} files":
        "{path}: un espacio de trabajo para la convocatoria {call}, {count} archivos",
    "the vault's password is in {path}: keep a copy elsewhere, it is in no repository":
        "la contraseña de la bóveda está en {path}: guarde una copia en otra parte; no va en ningún repositorio",
    "next: prepctl add --workspace {path}": "sigue: prepctl add --workspace {path}",
    "next: prepctl preflight": "sigue: prepctl preflight",
    "{name}: added ({outlet})": "{name}: agregado ({outlet})",
    "{name}: would be added ({outlet})": "{name}: se agregaría ({outlet})",
    "no server was contacted; next: prepctl trust {name}":
        "no se contactó a ningún servidor; sigue: prepctl trust {name}",
    "Call ({known}, or a YAML file)": "Convocatoria ({known}, o un archivo YAML)",
    "Addresses or networks of the institute (ports 22 and 873 open to these alone)":
        "Direcciones o redes del Instituto (los puertos 22 y 873 se abren sólo a éstas)",
    "Address of this control node, as the servers see it":
        "Dirección de este nodo de control, como la ven los servidores",
    "Name of the outlet": "Nombre del medio",
    "Name of the diffuser in the inventory": "Nombre del difusor en el inventario",
    "Address of the server": "Dirección del servidor",
    "Public host name of the mirror": "Nombre público del espejo",
    "URLs of the portals that embed the results": "URL de los portales que muestran los resultados",
    "Technical contact: name": "Contacto técnico: nombre",
    "Post": "Puesto",
    "Telephone": "Teléfono",
    "E-mail": "Correo electrónico",
    "Hours": "Horario",
    "That contact stands for every stage; host_vars/{name}.yml says others.":
        "Ese contacto vale para todas las etapas; host_vars/{name}.yml puede decir otros.",
    # Runs.
    "the servers are safe: one that was being changed goes back by itself, or the next run finishes it; go on with: "
    "prepctl onboard --limit @failed":
        "los servidores están a salvo: el que estaba cambiando vuelve por sí mismo a su estado anterior, o la corrida "
        "siguiente lo termina; continúe con: prepctl onboard --limit @failed",
    "no server was changed; run the same command again": "no se cambió ningún servidor; repita la orden",
    "no task was run: no diffuser fits --limit, or no role --tags":
        "no se ejecutó ninguna tarea: ningún difusor corresponde a --limit, o ningún rol a --tags",
    "as the last whole run left them, so no role was run (--thorough runs all): {count} of {total}":
        "como los dejó la última corrida completa, por lo que no se ejecutó ningún rol (--thorough los ejecuta todos): "
        "{count} de {total}",
    "{name}: was not as it was left: {areas}": "{name}: no estaba como quedó: {areas}",
    "{name}: could not be compared: {areas}": "{name}: no se pudo comparar: {areas}",
    "diffuser": "difusor",
    "verdict": "dictamen",
    "system": "sistema",
    "changed": "cambios",
    "findings": "hallazgos",
    "required controls not proven": "requisitos obligatorios sin comprobar",
    "all well": "todo bien",
    "usage or input error": "error de uso o en los datos",
    "not everything required is proven": "no todo lo obligatorio está comprobado",
    "not every server was reached": "no se alcanzó a todos los servidores",
    "the run failed": "la corrida falló",
    "unreachable": "sin contacto",
    "refused": "rechazado",
    "failed": "falló",
    "ready": "listo",
    "no report": "sin informe",
    "report: {path}": "informe: {path}",
    "note: {text}": "nota: {text}",
    "failed: {text}": "falló: {text}",
    "log: {path}": "bitácora: {path}",
    "profile: {path}": "perfil: {path}",
    "role": "rol",
    "seconds": "segundos",
    "executed": "hechas",
    "skipped": "omitidas",
    "between tasks": "entre tareas",
    "whole run, per host": "todo, por equipo",
    "{verb}: {meaning} ({seconds} s)": "{verb}: {meaning} ({seconds} s)",
    "1 mistake in the inventory; no server was touched.": "1 error en el inventario; no se tocó ningún servidor.",
    "{count} mistakes in the inventory; no server was touched.":
        "{count} errores en el inventario; no se tocó ningún servidor.",
    # The doctor.
    "doctor: all well": "doctor: todo bien",
    "doctor: {count} to put right": "doctor: {count} por corregir",
    "lane {lane}: ansible-core {core} reaches servers with Python {reach} and newer":
        "carril {lane}: ansible-core {core} llega a servidores con Python {reach} o más nuevo",
    "Python 3.10 to 3.14 is what is tested": "está probado con Python 3.10 a 3.14",
    "ansible-core {core} is in no lane": "ansible-core {core} no es de ningún carril",
    "pip install -c constraints/el7.txt . or constraints/current.txt":
        "pip install -c constraints/el7.txt . o constraints/current.txt",
    "iepc.prep is not where Ansible looks": "iepc.prep no está donde Ansible busca",
    "iepc.prep {one} beside prepctl {other}": "iepc.prep {one} junto a prepctl {other}",
    "install both at once: pip install --force-reinstall iepc-prep":
        "instale ambos a la vez: pip install --force-reinstall iepc-prep",
    "Docker is not installed; only the lab needs it": "Docker no está instalado; sólo lo necesita el laboratorio",
    "Docker does not answer; only the lab needs it": "Docker no responde; sólo lo necesita el laboratorio",
    "nothing here tells whether the clock is synchronized": "nada aquí dice si el reloj está sincronizado",
    "run chrony or systemd-timesyncd, or have the host do so":
        "use chrony o systemd-timesyncd, o que lo haga el anfitrión",
    "the clock is synchronized": "el reloj está sincronizado",
    "the clock is not synchronized": "el reloj no está sincronizado",
    "the locale's encoding is {encoding}; Ansible needs UTF-8":
        "la codificación de la localización es {encoding}; Ansible necesita UTF-8",
    "{path} cannot be written to: passwords of a run go to the disk meanwhile":
        "no se puede escribir en {path}: mientras dura una corrida, sus contraseñas quedan en el disco",
    "mount a tmpfs there, or name another place with PREPCTL_TMPDIR":
        "monte ahí un tmpfs, o indique otro lugar con PREPCTL_TMPDIR",
    "{path} has {free} MB left": "a {path} le quedan {free} MB",
    "make room there": "libere espacio",
    "{count} directories of runs there: going on now, or killed":
        "{count} directorios de corridas ahí: en curso, o interrumpidas",
    "if no prepctl runs: rm -r {path}/prepctl-*": "si no corre ningún prepctl: rm -r {path}/prepctl-*",
    "{name} is not installed": "{name} no está instalado",
    "{package} is not installed": "{package} no está instalado",
    "it answers, but not as sshd does: {line}": "responde, pero no como sshd: {line}",
    "{count} diffusers in {path}": "{count} difusores en {path}",
    "{path} cannot be written to": "no se puede escribir en {path}",
    "runs need it for their logs and reports": "las corridas lo necesitan para sus bitácoras e informes",
    "a command that changed the workspace was cut off": "se interrumpió una orden que cambiaba el espacio de trabajo",
    "the next prepctl add finishes it": "el siguiente prepctl add la termina",
    "{count} files with secrets are their owner's alone": "{count} archivos con secretos son sólo de su dueño",
    "there is no key that signs cuts": "no hay ninguna clave que firme los cortes",
    "{path}: others can read it (mode {mode})": "{path}: otros pueden leerlo (modo {mode})",
    "{path}: it is another account's": "{path}: es de otra cuenta",
    "{name}: prep_rsync_secret cannot be opened, or is not there":
        "{name}: prep_rsync_secret no se puede abrir, o no está",
    "is it the right password? ansible-vault view host_vars/{name}.yml":
        "¿es la contraseña correcta? ansible-vault view host_vars/{name}.yml",
    "the secrets of {count} diffusers can be opened": "los secretos de {count} difusores se pueden abrir",
    "name the vault's password with --vault-password-file":
        "indique la contraseña de la bóveda con --vault-password-file",
    "ansible.cfg cannot be read: {reason}": "ansible.cfg no se puede leer: {reason}",
    "{where}: SSH host keys are not checked": "{where}: no se comprueban las claves SSH de los servidores",
    "take that out: whoever sits in between could be the server":
        "quítelo: cualquiera en medio podría hacerse pasar por el servidor",
    "{name}: its SSH host key is not known": "{name}: su clave SSH no está registrada",
    "the host keys of {count} hosts are known": "las claves SSH de {count} equipos están registradas",
    "update tzdata on this machine": "actualice tzdata en este equipo",
    "{name}: ansible-core {core} does not reach its Python {python}":
        "{name}: ansible-core {core} no llega a su Python {python}",
    "install lane {lane}: pip install -c constraints/{lane}.txt .":
        "instale el carril {lane}: pip install -c constraints/{lane}.txt .",
    "is the server up, and this node among prep_allowed_sources?":
        "¿está encendido el servidor, y este nodo entre prep_allowed_sources?",
}  # fmt: skip

# What the checks of the inventory expect, as module_utils/inputs.py says it.
EXPECTED: dict[str, str] = {
    "a value": "un valor",
    "text": "un texto",
    "a person's or institution's name": "el nombre de una persona o institución",
    "the post that the person holds": "el puesto de la persona",
    "a telephone number of at least 10 digits": "un teléfono de al menos 10 dígitos",
    "an e-mail address": "una dirección de correo",
    'hours such as "lunes a viernes, 09:00-18:00" or "24 horas"':
        'un horario como "lunes a viernes, 09:00-18:00" o "24 horas"',
    "a date such as 2027-05-20": "una fecha como 2027-05-20",
    "a time with its UTC offset such as 2027-06-07T20:00:00-06:00":
        "una hora con su diferencia con UTC, como 2027-06-07T20:00:00-06:00",
    "an IP address or a host name": "una dirección IP o el nombre de un equipo",
    "an IP address or a network such as 192.0.2.0/24": "una dirección IP o una red como 192.0.2.0/24",
    "an IPv4 or IPv6 address": "una dirección IPv4 o IPv6",
    "a port from 1 to 65535": "un puerto de 1 a 65535",
    "a network without host bits": "una red sin bits de equipo",
    "an address that --allow contains": "una dirección contenida en --allow",
    "an address that prep_allowed_sources contains": "una dirección contenida en prep_allowed_sources",
    "the public host name of the mirror, such as prep.example.org":
        "el nombre público del espejo, como prep.example.org",
    "a URL such as https://www.example.org": "una URL como https://www.example.org",
    "a name of letters, digits, -, . and _ that is no group's":
        "un nombre de letras, dígitos, -, . y _ que no sea de un grupo",
    "a user name of letters, digits, - and _": "un nombre de usuario de letras, dígitos, - y _",
    "text on one line, without control characters": "un texto en un renglón, sin caracteres de control",
    "text without {{, {% and {#, which Ansible would evaluate": "un texto sin {{, {% ni {#, que Ansible evaluaría",
    "SHA256: and 43 letters, digits, + or /, as ssh-keygen -lf prints them":
        "SHA256: y 43 letras, dígitos, + o /, como los escribe ssh-keygen -lf",
    "a known variable (yours may start with local_)": "una variable conocida (las suyas pueden empezar con local_)",
    "a secret of its own, kept with ansible-vault": "un secreto propio, guardado con ansible-vault",
    "a random secret": "un secreto al azar",
    "an unknown one": "una desconocida",
    "an unknown field": "un campo desconocido",
    "an unknown document": "un documento desconocido",
    "nothing": "nada",
}  # fmt: skip

# Whole lines of parts of the program that do not ask for a language.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"cancelled; run the same command again", r"cancelado; repita la orden"),
    (r"cancelled", r"cancelado"),
    (r"unexpected (\w+): (.*) \(--debug shows where\)", r"inesperado, \1: \2 (--debug dice dónde)"),
    (r"(.*): expected a workspace directory, found none", r"\1: se esperaba un espacio de trabajo; no existe"),
    (
        r"(.*): expected an inventory, found none; name the workspace with --workspace, or make one with prepctl init",
        r"\1: se esperaba un inventario; no existe; indique el espacio de trabajo con --workspace, o haga uno con "
        r"prepctl init",
    ),
    (
        r"(.*): expected the workspace's playbook, found none; copy it from inventories/example",
        r"\1: se esperaba el playbook del espacio de trabajo; no existe; cópielo de inventories/example",
    ),
    (
        r"(.*): expected a report, found none; (prepctl check) (?:writes|makes) one",
        r"\1: se esperaba un informe; no hay ninguno; \2 lo escribe",
    ),
    (
        r"(.*): expected a signing key, found none; prepctl keys create makes one",
        r"\1: se esperaba una clave que firme; no hay ninguna; prepctl keys create la hace",
    ),
    (r"(.*): expected a diffuser in (.*), found none(.*)", r"\1: se esperaba un difusor en \2; no hay ninguno\3"),
    (r"No such command '(.*)'\.(.*)", r"No existe la orden '\1'.\2"),
    (r"No such option: (.*)", r"No existe la opción \1"),
    (r"Missing (?:argument|option) '(.*)'\.(.*)", r"Falta '\1'.\2"),
    (r"Option '(.*)' requires an argument\.(.*)", r"La opción '\1' requiere un valor.\2"),
)
