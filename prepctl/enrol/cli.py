"""`prepctl init|add|import|trust`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepctl.errors import Mistakes, PrepctlError
from prepctl.help_text import examples
from prepctl.language import phrase, say

if TYPE_CHECKING:
    from prepctl.enrol.outlet import Outlet
    from prepctl.enrol.taking_in import Teller

WorkspaceOption = Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")]
VaultFile = Annotated[
    Path | None,
    typer.Option("--vault-password-file", help="File or program with the vault's password (else ansible.cfg's)."),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Contact no server now; `prepctl trust NAME` takes its host key later.")
]
Fingerprints = Annotated[
    list[str] | None,
    typer.Option(
        "--fingerprint", metavar="SHA256:...",
        help="The server's SSH host key as the outlet read it on its console; nothing is added if it differs.",
    ),
]  # fmt: skip

INIT_EXAMPLES = examples(
    "prepctl init prep-2027",
    "prepctl init prep-2027 --call calls/mine.yml --allow 198.51.100.0/28 --control-node 198.51.100.5",
)
ADD_EXAMPLES = examples(
    "prepctl add",
    "prepctl add radio-sierra --address 203.0.113.10 --domain prep.radio.example --outlet 'Radio Sierra' "
    "--portal https://www.radio.example --contact name='Ana Ruiz' --contact post=Sistemas "
    "--contact phone='+52 618 555 0100' --contact email=ana@radio.example --contact hours='24 horas' "
    "--contact election.name='Luis Peña' --fingerprint SHA256:...",
    "prepctl add --csv outlets.csv",
)
IMPORT_EXAMPLES = examples(
    "prepctl import registro.csv --dry-run",
    "prepctl import registro.csv --offline && prepctl trust radio-sierra",
)
TRUST_EXAMPLES = examples("prepctl trust radio-sierra", "prepctl trust radio-sierra --replace --fingerprint SHA256:...")


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace to make: new, or empty.")],
    call: Annotated[
        str | None, typer.Option("--call", help="Name of a call (prepctl call show), or the YAML file of your own.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="Address or network of the institute; may be repeated.")
    ] = None,
    control_node: Annotated[
        list[str] | None, typer.Option("--control-node", help="Address that this machine is seen with by the servers.")
    ] = None,
    rsync_user: Annotated[str, typer.Option("--rsync-user", help="Name with which cuts are pushed.")] = "iepc",
    ssh_user: Annotated[str, typer.Option("--ssh-user", help="Account on the servers.")] = "root",
    ssh_key: Annotated[
        Path | None, typer.Option("--ssh-key", help="Private key to enter with (else ssh's own).")
    ] = None,
    vault_password_file: Annotated[
        Path | None,
        typer.Option("--vault-password-file", help="Your own vault's password; one is made unless this names it."),
    ] = None,
    signing_key: Annotated[
        bool, typer.Option("--signing-key/--no-signing-key", help="Make the key that signs cuts.")
    ] = True,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="Protect that key with the passphrase in this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a workspace: inventory, variables, ansible.cfg, vault, signing key. Whole, or not at all.

    On a terminal it asks for what the options do not say.
    """
    from prepctl.enrol import asking, new_workspace
    from prepctl.publish.cli import passphrase

    asked = asking.can_ask() and not as_json
    missing = [
        option
        for option, value in (("--call", call), ("--allow", allow), ("--control-node", control_node))
        if not value
    ]
    if missing and not asked:
        raise PrepctlError(
            say("init: expected {options}, since nobody can be asked (prepctl init --help)", options=", ".join(missing))
        )
    known = new_workspace.known_calls()
    if call is None:
        call = asking.ask(say("Call ({known}, or a YAML file)", known=", ".join(known)), known[0] if known else None)
    name, file = new_workspace.as_call(call)
    allowed = allow or asking.ask_many(
        say("Addresses or networks of the institute (ports 22 and 873 open to these alone)")
    )
    nodes = control_node or asking.ask_many(say("Address of this control node, as the servers see it"))
    answers = new_workspace.Answers(
        call=name, call_file=file, allowed=allowed, control_nodes=nodes, rsync_user=rsync_user, ssh_user=ssh_user,
        ssh_key=ssh_key, password_file=vault_password_file, signing_key=signing_key,
        passphrase=passphrase(passphrase_file) if passphrase_file else None,
    )  # fmt: skip
    wrong = new_workspace.problems(answers)
    if wrong:
        raise Mistakes([
            say("{where}: expected {expected}, got {got}", where=option, expected=phrase(expected), got=got)
            for option, expected, got in wrong
        ])  # fmt: skip
    names = new_workspace.make(directory, answers)
    if as_json:
        typer.echo(json.dumps(new_workspace.describe(answers, directory, names), ensure_ascii=False, indent=2))
        return
    typer.echo(
        say("{path}: a workspace for the call {call}, {count} files", path=directory, call=name, count=len(names))
    )
    if not vault_password_file:
        typer.echo(
            say("the vault's password is in {path}: keep a copy elsewhere, it is in no repository",
                path=directory / ".vault-password")
        )  # fmt: skip
    typer.echo(say("next: prepctl add --workspace {path}", path=directory))


def add(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Name of the diffuser in the inventory.", show_default=False)
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Where the server is: IP address or host name.")
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port of its sshd.")] = 22,
    domain: Annotated[str | None, typer.Option("--domain", help="Public host name of the mirror.")] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", help="The outlet's name.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Newspaper, radio, university ...")] = None,
    portal: Annotated[
        list[str] | None, typer.Option("--portal", help="URL of a portal that embeds the results; may be repeated.")
    ] = None,
    contact: Annotated[
        list[str] | None,
        typer.Option(
            "--contact",
            metavar="[STAGE.]FIELD=VALUE",
            help="name, post, phone, email or hours of the technical contact; of one stage, or of all.",
        ),
    ] = None,
    document: Annotated[
        list[str] | None,
        typer.Option("--document", metavar="SLUG=DATE", help="A document that the outlet handed over, and when."),
    ] = None,
    admin_source: Annotated[
        list[str] | None, typer.Option("--admin-source", help="Address from which the outlet itself keeps SSH.")
    ] = None,
    fingerprint: Fingerprints = None,
    python: Annotated[str | None, typer.Option("--python", help="Path of the Python on the server.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Take many from a CSV, as `prepctl import` does.")] = None,
    vantage_point: Annotated[
        bool,
        typer.Option(
            "--vantage-point", help="It is no outlet's, but a machine that looks at the diffusers from outside."
        ),
    ] = False,
    offline: Offline = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge it and say what would be written.")] = False,
    workspace: WorkspaceOption = Path("."),
    vault_password_file: VaultFile = None,
    as_json: JsonOption = False,
) -> None:
    """Take an outlet into the workspace: its line, its file with a secret of its own, its host key.

    The server's SSH fingerprint is fetched and shown, to be compared with what the outlet's technician reads on the
    console. On a terminal it asks for what the options do not say.
    """  # fmt: skip
    from prepctl.enrol import asking, taking_in
    from prepctl.enrol.outlet import Outlet
    from prepctl.workspace import Workspace

    if csv is not None:
        if name or address or domain or contact:
            raise PrepctlError(say("--csv: expected no outlet beside the file's"))
        import_outlets(csv, offline, dry_run, workspace, vault_password_file, as_json)
        return
    opened = Workspace.open(workspace)
    one = Outlet(
        name=name or "", address=address or "", port=port, domain=(domain or "").lower().rstrip("."),
        admin_sources=list(admin_source or []), fingerprints=list(fingerprint or []), python=python or "",
    )  # fmt: skip
    one.outlet = {key: value for key, value in (("name", outlet), ("kind", kind), ("portal_urls", portal)) if value}
    if vantage_point:
        asked = asking.can_ask() and not as_json
        names = taking_in.add_vantage_point(opened, one, _by_option, asking.vouch if asked else None, offline=offline)
        _tell("add", [one], names, False, offline, as_json)
        return
    known = taking_in.Known.read(opened, vault_password_file)
    _contacts(one, contact or [], [stage["slug"] for stage in known.call["stages"]])
    for text in document or []:
        slug, separator, date = text.partition("=")
        if not separator:
            raise PrepctlError(say("--document: expected SLUG=DATE, got {text}", text=text))
        one.documents[slug] = {"date": date}
    asked = asking.can_ask() and not as_json
    if asked:
        _ask_for_the_rest(one, known.call)
    names = taking_in.take_in(
        opened, [one], _by_option, vault_file=vault_password_file, vouch=asking.vouch if asked else None,
        offline=offline, dry_run=dry_run,
    )  # fmt: skip
    _tell("add", [one], names, dry_run, offline, as_json)


def import_outlets(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="What the registration form exports.")],
    offline: Offline = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge the file and say what would be written.")] = False,
    workspace: WorkspaceOption = Path("."),
    vault_password_file: VaultFile = None,
    as_json: JsonOption = False,
) -> None:
    """Take many outlets from the CSV of a registration form: all of them, or none.

    Headings in Spanish or English, in any order: medio, tipo, dominio, ip, puerto, portal, contacto, puesto, teléfono,
    correo, horario, huella, and the call's documents with their dates. `teléfono (simulacros)` is the contact of one
    stage. UTF-8, Windows-1252 or Latin-1; commas, semicolons or tabs. Every mistake is said with row and column.
    """  # fmt: skip
    from prepctl.enrol import asking, registration, taking_in
    from prepctl.workspace import Workspace

    opened = Workspace.open(workspace)
    known = taking_in.Known.read(opened, vault_password_file)
    read = registration.read(file, known.call)
    outlets = [row.outlet for row in read.rows]

    def tell(index: int, key: str, expected: str, got: str) -> str:
        row = read.rows[index]
        return say(
            "{path}: row {row}, column {column}: expected {expected}, got {got}", path=file.name, row=row.number,
            column=registration.column_of(row, key), expected=phrase(expected), got=phrase(got),
        )  # fmt: skip

    if read.mistakes:
        raise Mistakes(read.mistakes + taking_in.judge(known, outlets, tell))
    names = taking_in.take_in(
        opened, outlets, tell, vault_file=vault_password_file, offline=offline, dry_run=dry_run,
        vouch=asking.vouch if asking.can_ask() and not as_json else None,
    )  # fmt: skip
    if read.unread and not as_json:
        typer.echo(say("columns that mean nothing here: {columns}", columns=", ".join(read.unread)), err=True)
    _tell("import", outlets, names, dry_run, offline, as_json)


def trust(
    name: Annotated[str, typer.Argument(help="A host of the inventory.")],
    fingerprint: Fingerprints = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget the key that is known of it: the server was reinstalled.")
    ] = False,
    workspace: WorkspaceOption = Path("."),
    as_json: JsonOption = False,
) -> None:
    """Fetch the SSH host key of a host, have its fingerprint confirmed, and keep it in known_hosts."""
    from prepctl.enrol import asking, taking_in
    from prepctl.workspace import Workspace

    asked = asking.can_ask() and not as_json
    keys = taking_in.trust(
        Workspace.open(workspace), name, list(fingerprint or []), asking.vouch if asked else None, replace=replace
    )
    if as_json:
        told = [{"kind": key.kind, "fingerprint": key.fingerprint} for key in keys]
        typer.echo(json.dumps({"schema": 1, "verb": "trust", "name": name, "keys": told}))
    else:
        for key in keys:
            typer.echo(
                say("{name}: {fingerprint} ({kind}) is known", name=name, fingerprint=key.fingerprint, kind=key.kind)
            )


# How a key of the inventory is named on the command line.
_OPTIONS = (
    ("prep_domain", "--domain"), ("prep_outlet.name", "--outlet"), ("prep_outlet.kind", "--kind"),
    ("prep_outlet.portal_urls", "--portal"), ("prep_admin_sources", "--admin-source"), ("name", "NAME"),
    ("address", "--address"), ("port", "--port"), ("python", "--python"), ("fingerprint", "--fingerprint"),
)  # fmt: skip


def _by_option(_index: int, key: str, expected: str, got: str) -> str:
    where = next((option for prefix, option in _OPTIONS if key == prefix or key.startswith(prefix + "[")), key)
    for prefix, option in (("prep_contacts.", "--contact "), ("prep_documents.", "--document ")):
        if key.startswith(prefix):
            where = option + key[len(prefix) :]
    if key == "prep_contacts":
        where = "--contact"
    return say("{where}: expected {expected}, got {got}", where=where, expected=phrase(expected), got=phrase(got))


if TYPE_CHECKING:
    _: Teller = _by_option


def _contacts(one: Outlet, given: list[str], stages: list[str]) -> None:
    """``[STAGE.]FIELD=VALUE`` into the contacts of every stage; a stage's own wins."""
    own: dict[str, dict[str, str]] = {}
    shared: dict[str, str] = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator:
            raise PrepctlError(say("--contact: expected [STAGE.]FIELD=VALUE, got {text}", text=text))
        stage, _, name = key.rpartition(".")
        (own.setdefault(stage, {}) if stage else shared)[name] = value.strip()
    if shared or own:
        one.contacts = {stage: {**shared, **own.get(stage, {})} for stage in [*stages, *(set(own) - set(stages))]}


def _ask_for_the_rest(one: Outlet, call: dict[str, Any]) -> None:
    """Ask the person for what an outlet lacks."""
    from ansible_collections.iepc.prep.plugins.module_utils import input_formats

    from prepctl.enrol import asking
    from prepctl.enrol.outlet import slug

    def of(field: str) -> Any:
        def judge(text: str) -> str | None:
            expected = input_formats.check(field, text)
            return say("expected {expected}", expected=phrase(expected)) if expected else None

        return judge

    if not one.outlet.get("name"):
        one.outlet = {"name": asking.ask(say("Name of the outlet")), **one.outlet}
    if not one.name:
        one.name = asking.ask(say("Name of the diffuser in the inventory"), slug(str(one.outlet["name"])) or None)
    if not one.address:
        one.address = asking.ask(say("Address of the server"))
    if not one.domain:
        one.domain = asking.ask(say("Public host name of the mirror")).lower().rstrip(".")
    if not one.outlet.get("portal_urls"):
        one.outlet["portal_urls"] = asking.ask_many(say("URLs of the portals that embed the results"))
    stages = [stage["slug"] for stage in call["stages"]]
    if not one.contacts:
        fields = [
            ("name", say("Technical contact: name")), ("post", say("Post")), ("phone", say("Telephone")),
            ("email", say("E-mail")), ("hours", say("Hours")),
        ]  # fmt: skip
        shared = {field: asking.ask(question, judge=of(field)) for field, question in fields}
        one.contacts = {stage: dict(shared) for stage in stages}
        typer.echo(
            say("That contact stands for every stage; host_vars/{name}.yml says others.", name=one.name), err=True
        )


def _tell(verb: str, outlets: list[Outlet], names: list[str], dry_run: bool, offline: bool, as_json: bool) -> None:
    if as_json:
        document = {
            "schema": 1, "verb": verb, "dry_run": dry_run, "diffusers": [one.name for one in outlets], "files": names,
        }  # fmt: skip
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for one in outlets:
        sentence = "{name}: would be added ({outlet})" if dry_run else "{name}: added ({outlet})"
        typer.echo(say(sentence, name=one.name, outlet=one.outlet.get("name") or one.address))
    if offline and not dry_run:
        typer.echo(say("no server was contacted; next: prepctl trust {name}", name=outlets[0].name))
    elif not dry_run:
        typer.echo(say("next: prepctl preflight"))
