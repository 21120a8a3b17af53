"""What people give prepctl by mistake: each is answered by clear lines and the documented exit code, and nothing is
changed. Everything runs in this process but for what the kernel has to refuse.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from outlets import CONTACT, HEADINGS, INIT, ROW, USAGE, add, contents, quietly, said

from prepctl import cli
from prepctl.enrol.changes import locked
from prepctl.exit_codes import ExitCode
from prepctl.resumption import Record


@dataclass
class Case:
    """One bad input.

    ``lines`` are all that is said on standard error, with ``{ws}`` for the workspace.
    """

    words: list[str]
    lines: list[str]
    code: int = USAGE
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    """What stands in the workspace before; None removes a file."""


def csv(*rows: str, headings: str = HEADINGS) -> str:
    return "\n".join([headings, *rows]) + "\n"


def from_csv(data: str | bytes, *lines: str) -> Case:
    return Case(["import", "o.csv", "--offline"], list(lines), files={"o.csv": data})


def ini(text: str | bytes, *lines: str, words: tuple[str, ...] = ("onboard",)) -> Case:
    return Case(list(words), list(lines), files={"diffusers.ini": text})


def run_record(**what: object) -> str:
    return json.dumps({"schema": 1, **vars(Record("onboard", **what))})  # type: ignore[arg-type]


MINIMAL = "[diffusers]\nuno ansible_host=203.0.113.1\n"
CASES: dict[str, Case] = {
    # diffusers.ini
    "a section that does not end": ini(
        "[diffusers\nuno\n", "diffusers.ini: line 1: expected a section such as [diffusers], got [diffusers"
    ),
    "a section of no kind": ini(
        MINIMAL + "[diffusers:var]\na=b\n",
        "diffusers.ini: line 3: expected a section such as [diffusers], got [diffusers:var]",
    ),
    "a word that is no variable": ini(
        "[diffusers]\nuno ansible_host=203.0.113.1 root\n",
        "diffusers.ini: line 2: expected variable=value after the host's name, got root",
    ),
    "a variable without its name": ini(
        MINIMAL + "[all:vars]\nroot\n", "diffusers.ini: line 4: expected variable=value, got root"
    ),
    "a host twice": ini(
        MINIMAL + "uno ansible_host=203.0.113.2\n",
        "diffusers.ini: line 3: expected each host once, got uno a second time (ansible_host)",
    ),
    "a host elsewhere in another group": ini(
        MINIMAL + "[vantage_points]\nuno ansible_host=203.0.113.2\n",
        "diffusers.ini: line 4: expected each host once, got uno a second time (ansible_host)",
    ),
    "a quote that does not end": ini(
        "[diffusers]\nuno ansible_host='203.0.113.1\n",
        "diffusers.ini: line 2: expected a quote that ends, got uno ansible_host='203.0.113.1",
    ),
    "an inventory in Latin-1": ini(
        "[diffusers]\n# años\nuno\n".encode("latin-1"),
        "{ws}/diffusers.ini: expected UTF-8, got another encoding (byte 15)",
    ),
    "an empty group": ini(
        "[diffusers]\n",
        "diffusers.ini: [diffusers]: expected at least one diffuser, found none; prepctl add takes one in",
    ),
    "no group of diffusers": ini("[diffuser]\nuno\n", "diffusers.ini: expected a section [diffusers], found none"),
    "no group to add to": ini(
        "[vantage_points]\nuno\n", "diffusers.ini: expected a section [diffusers], found none", words=tuple(add())
    ),
    "no inventory": Case(
        ["onboard"],
        [
            "{ws}/diffusers.ini: expected an inventory, found none; name the workspace with "
            "--workspace, or make one with prepctl init"
        ],
        files={"diffusers.ini": None},
    ),
    "no such workspace": Case(
        ["onboard", "-w", "nowhere"], ["{ws}/nowhere: expected a workspace directory, found none"]
    ),
    # --limit
    "an unknown host": Case(
        ["onboard", "--limit", "uno,zzz"], ["--limit: expected hosts or groups of diffusers.ini (uno, dos), got zzz"]
    ),
    "a host mistyped": Case(
        ["check", "--limit", "doss"],
        ["--limit: expected hosts or groups of diffusers.ini (uno, dos), got doss (did you mean dos?)"],
    ),
    "an unknown host of a publication": Case(
        ["status", "--limit", "zzz"],
        ["{ws}/diffusers.ini: expected a diffuser in --limit zzz, found none; it has uno, dos"],
    ),
    "no run to go on from": Case(
        ["onboard", "--limit", "@failed"],
        ["--limit @failed: expected a former onboarding in {ws}/runs, found none; leave --limit out"],
    ),
    "nothing to go on with": Case(
        ["onboard", "--limit", "@failed"],
        ["--limit @failed: the last onboarding was finished on every diffuser; nothing to do"],
        files={"runs/1/outcome.json": run_record(status="successful", hosts={"uno": "done"})},
    ),
    "a run that was killed": Case(
        ["onboard", "--limit", "@failed"],
        ["--limit @failed: the run 1 was killed or is still going, and left no record of its hosts; leave --limit out"],
        files={"runs/1/outcome.json": run_record()},
    ),
    # add
    "a name with a blank": Case(
        add("radio nueva"),
        ['NAME: expected a name of letters, digits, -, . and _ that is no group\'s, got "radio nueva"'],
    ),
    "a name of a path": Case(
        add("../nueva"), ['NAME: expected a name of letters, digits, -, . and _ that is no group\'s, got "../nueva"']
    ),
    "a group's name": Case(
        add("diffusers"), ['NAME: expected a name of letters, digits, -, . and _ that is no group\'s, got "diffusers"']
    ),
    "a name that is taken": Case(
        add("uno"), ["NAME: expected a value of its own, got uno, which is a host of diffusers.ini's"]
    ),
    "a name whose file is there": Case(
        add(),
        ["NAME: expected a name without a file, got host_vars/nueva.yml, which is there though no host is named so"],
        files={"host_vars/nueva.yml": "---\n"},
    ),
    "an address of no machine": Case(
        add(address="203.0.113.300"), ['--address: expected an IP address or a host name, got "203.0.113.300"']
    ),
    "an option in an address": Case(
        add(address="-oProxyCommand=id"), ['--address: expected an IP address or a host name, got "-oProxyCommand=id"']
    ),
    "no address": Case(add(address=""), ["--address: expected an IP address or a host name, got nothing"]),
    "a port beyond all": Case(
        add("nueva", "--port", "70000", "--offline"), ["--port: expected a port from 1 to 65535, got 70000"]
    ),
    "a port in letters": Case(
        ["add", "nueva", "--port", "ssh"],
        [
            "Invalid value for '--port': Input should be a valid integer, unable to parse string as an integer "
            "(prepctl --help)"
        ],
    ),
    "a domain without a dot": Case(
        add(domain="prep"),
        ['--domain: expected the public host name of the mirror, such as prep.example.org, got "prep"'],
    ),
    "a domain that is taken": Case(
        add(domain="PREP.uno.example."), ["--domain: expected a value of its own, got prep.uno.example, which is uno's"]
    ),
    "no contact": Case(
        add(contacts=()),
        ["--contact installation: expected a contact with name, post, phone, email, hours (required), got nothing"]
        + [
            f"--contact {stage}: expected a contact with name, post, phone, email, hours (required), got nothing"
            for stage in ("drills", "list", "election")
        ],
    ),
    "a contact without a field": Case(add(contacts=("Ana",)), ["--contact: expected [STAGE.]FIELD=VALUE, got Ana"]),
    "a telephone number too short": Case(
        add(contacts=(*CONTACT, "election.phone=555")),
        ['--contact election.phone: expected a telephone number of at least 10 digits, got "555"'],
    ),
    "an unknown stage": Case(
        add(contacts=(*CONTACT, "election2.phone=618 555 0100")),
        [
            "--contact election2: expected a stage of the call (installation, drills, list, election), got an "
            "unknown one"
        ],
    ),
    "an unknown document": Case(
        add("nueva", "--document", "logos=2022-05-25", "--offline"),
        [
            "--document logos: "
            "expected one of expression_of_interest, infrastructure, commitment, logo, own_presentation, memory, got "
            "an "
            "unknown document"
        ],
    ),
    "a day that is none": Case(
        add("nueva", "--document", "logo=2022-05-32", "--offline"),
        ['--document logo.date: expected a date such as 2027-05-20, got "2022-05-32"'],
    ),
    "a portal that is no URL": Case(
        add(portal="nueva.example"), ['--portal: expected a URL such as https://www.example.org, got "nueva.example"']
    ),
    "a template in a name": Case(
        add(outlet="{{ lookup('pipe', 'id') }}"),
        [
            "--outlet: expected text without {{, {% "
            "and {#, which Ansible would evaluate, got \"{{ lookup('pipe', 'id') }}\""
        ],
    ),
    "what steers a terminal": Case(
        add(outlet="Radio\x1b[2J"),
        ['--outlet: expected text on one line, without control characters, got "Radio\\u001b[2J"'],
    ),
    "a fingerprint of another kind": Case(
        add("nueva", "--fingerprint", "MD5:aa:bb"),
        [
            "--fingerprint: expected SHA256: "
            "and 43 letters, digits, + or /, as ssh-keygen -lf prints them, got 'MD5:aa:bb'"
        ],
    ),
    "no fingerprint, and nobody to ask": Case(
        add("nueva", "--json"),
        [
            "--fingerprint: expected the server's "
            "fingerprint (SHA256:...), since nobody can be asked; or --offline, got nothing"
        ],
    ),
    "a file and an outlet at once": Case([*add(), "--csv", "o.csv"], ["--csv: expected no outlet beside the file's"]),
    "trust in an unknown host": Case(
        ["trust", "zzz", "--fingerprint", "SHA256:" + "a" * 43], ["zzz: expected a host of diffusers.ini (dos, uno)"]
    ),
    # vault
    "no vault password": Case(
        add(),
        [
            "{ws}/.vault-password: expected the vault's password in it, found no such file; "
            "put it back, or name another with --vault-password-file"
        ],
        files={".vault-password": None},
    ),
    "an empty vault password": Case(
        add(),
        [
            "{ws}/.vault-password: expected the vault's password in it: Invalid vault "
            "password was provided from file ({ws}/.vault-password)"
        ],
        files={".vault-password": "\n"},
    ),
    "an ansible.cfg without the vault": Case(
        add(),
        [
            "{ws}/ansible.cfg: expected vault_password_file in it, or "
            "--vault-password-file, found neither: without the password no secret can be encrypted"
        ],
        files={"ansible.cfg": "[defaults]\nhost_key_checking = True\n"},
    ),
    # import
    "no such CSV": Case(
        ["import", "o.csv"], ["o.csv: expected a CSV file, it cannot be read: No such file or directory"]
    ),
    "a workbook for a CSV": from_csv(
        b"PK\x03\x04\x14\x00\x06\x00", "o.csv: expected a CSV, got another kind of file; save the sheet as CSV first"
    ),
    "an empty CSV": from_csv("", "o.csv: expected a row of headings and one for each outlet, got nothing"),
    "headings alone": from_csv(csv(), "o.csv: expected a row for each outlet, got headings alone"),
    "a column that is missing": from_csv(
        csv("Radio,prep.r.example", headings="Medio,Dominio"),
        "o.csv: row 1: expected a column for address (headed address, ip, direccion, direccion ip), found none",
    ),
    "a column twice": from_csv(
        csv(headings=HEADINGS + ",Dirección IP"),
        "o.csv: row 1, column 10 (Dirección IP): expected each column once, IP means the same",
    ),
    "a comma outside quotes": from_csv(
        csv(ROW + ",lunes"), "o.csv: row 2: expected 9 cells, got 10; is a text with ',' in it not in quotes?"
    ),
    "a quote that nobody closes": from_csv(
        csv('"Radio'), "o.csv: expected a CSV, got something else: unexpected end of data"
    ),
    "a BOM, semicolons and a short number": from_csv(
        b"\xef\xbb\xbf"
        + csv(
            ROW,
            ROW.replace("618 555 0100", "5,26E+11")
            .replace("203.0.113.30", "203.0.113.31")
            .replace("prep.r", "prep.s")
            .replace("Ñandú", "Sur"),
        )
        .replace("5,26E", "5~26E")
        .replace(",", ";")
        .replace("~", ",")
        .encode(),
        'o.csv: row 3, column Teléfono: expected a telephone number of at least 10 digits, got "5,26E+11"',
    ),
    "Latin-1 and no address of e-mail": from_csv(
        csv(ROW.replace("a@r.example", "a en r")).encode("latin-1"),
        'o.csv: row 2, column Correo: expected an e-mail address, got "a en r"',
    ),
    "an emoji, and one domain for two": from_csv(
        csv(
            ROW, "Radio 📻 Sol,prep.r.example,203.0.113.31,https://r.example,Ana,Jefa,618 555 0100,a@r.example,24 horas"
        ),
        "o.csv: row 3, column Dominio: expected a value of its own, got prep.r.example, which is radio-nandu's",
    ),
    "one name for two": from_csv(
        csv(ROW, ROW.replace("prep.r", "prep.s").replace(".30", ".31")),
        "o.csv: row 3, column Medio: expected a value of its own, got radio-nandu, which is another outlet here's",
    ),
    "a day of no month": from_csv(
        csv(ROW + ",31/02/2022", headings=HEADINGS + ",Carta compromiso"),
        'o.csv: row 2, column Carta compromiso: expected a date such as 2027-05-20, got "31/02/2022"',
    ),
    "a cell of several lines": from_csv(
        csv(ROW.replace("203.0.113.30", '"203.0.113.30\r\n203.0.113.31"')),
        'o.csv: row 2, column IP: expected an IP address or a host name, got "203.0.113.30\\n203.0.113.31"',
    ),
    "a template in a cell": from_csv(
        csv(ROW.replace("Jefa", "{% raw %}")),
        "o.csv: row 2, column Puesto: expected text "
        'without {{, {% and {#, which Ansible would evaluate, got "{% raw %}"',
    ),
    # init
    "nobody to ask": Case(
        ["init", "new"],
        ["init: expected --call, --allow, --control-node, since nobody can be asked (prepctl init --help)"],
    ),
    "an unknown call": Case(
        ["init", "new", *INIT, "--call", "dgo_2032"],
        [
            "--call: there is no call 'dgo_2032'; known: "
            "dgo_2022, ensayo_2027, or the path of a YAML file (did you mean dgo_2022?)"
        ],
    ),
    "everybody let in": Case(
        ["init", "new", *INIT, "--allow", "0.0.0.0/0"],
        ['--allow: expected IEPC\'s own addresses (a network of /8 or narrower), never everyone, got "0.0.0.0/0"'],
    ),
    "bits of a host in a network": Case(
        ["init", "new", *INIT, "--allow", "192.0.2.5/28"],
        ['--allow: expected a network without host bits, got "192.0.2.5/28" (did you mean 192.0.2.0/28?)'],
    ),
    "a control node outside": Case(
        ["init", "new", *INIT, "--control-node", "192.0.2.1"],
        ['--control-node: expected an address that --allow contains, got "192.0.2.1"'],
    ),
    "a directory with something in it": Case(
        ["init", ".", *INIT],
        [".: expected a new or empty directory, found .vault-password in it; `prepctl add` adds to a workspace"],
    ),
    "no such key": Case(
        ["init", "new", *INIT, "--ssh-key", "nowhere"], ["--ssh-key: expected a file, got nowhere, which is none"]
    ),
    "a file where the directory would be": Case(
        ["init", "ansible.cfg/new", *INIT],
        ["{ws}/ansible.cfg: expected a directory that can be written to: File exists; nothing was changed"],
    ),
    # status, doctor, and the command line
    "a day of no calendar": Case(
        ["status", "--as-of", "mañana"], ["--as-of: expected a date such as 2027-05-20, got mañana"]
    ),
    "an unknown language": Case(["status", "--lang", "fr"], ["--lang: expected es or en, got fr"]),
    "half a report": Case(
        ["status"],
        [
            "{ws}/reports/1/compliance.json: expected a report as JSON, got something else "
            "(Expecting value: line 1 column 12 (char 11))"
        ],
        files={"reports/1/compliance.json": '{"schema": '},
    ),
    "half a drill's report": Case(
        ["status"],
        ["{ws}/publication/drills/1/drill.json: expected the report of a drill as JSON, got something else"],
        files={"publication/drills/1/drill.json": "{"},
    ),
    "an unknown verb": Case(["onbord"], ["No such command 'onbord'. Did you mean 'onboard'? (prepctl --help)"]),
    "an option without its value": Case(
        ["onboard", "--limit"], ["Option '--limit' requires an argument. (prepctl --help)"]
    ),
}


def prepare(ws: Path, case: Case) -> None:
    for name, content in case.files.items():
        path = ws / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_told_in_clear_lines(name: str, ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    prepare(ws, case)
    before = contents(ws)
    code = quietly(*case.words)
    assert said(capsys, ws) == case.lines
    assert code == case.code
    assert contents(ws) == before, "something was changed"


def test_the_same_without_the_mistake_is_taken(ws: Path) -> None:
    """The cases above change one thing of these."""
    (ws / "o.csv").write_text(csv(ROW))
    assert quietly(*add()) == 0
    assert quietly("import", "o.csv", "--offline") == 0
    assert (ws / "diffusers.ini").read_text().split("\n")[2:6] == [
        "uno ansible_host=203.0.113.1", "dos ansible_host=203.0.113.2", "nueva ansible_host=203.0.113.9",
        "radio-nandu ansible_host=203.0.113.30",
    ]  # fmt: skip
    assert quietly("init", "new", *INIT) == 0


def test_a_workspace_that_another_changes_now(ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(ws):
        assert quietly(*add()) == USAGE
    assert said(capsys, ws) == ["{ws}: another prepctl changes this workspace now; try again when it has ended"]


def test_a_lane_that_does_not_reach_a_server(ws: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ws / "diffusers.ini").read_text()
    # 3.5 is reached by none, 2.7 by one.
    changed = text.replace("203.0.113.1\n", "203.0.113.1 ansible_python_interpreter=/usr/bin/python3.5\n")
    (ws / "diffusers.ini").write_text(changed)
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--no-contact", "--json"])
    assert ended.value.code == int(ExitCode.CONTROL_FAILED)
    findings = json.loads(capsys.readouterr().out)["findings"]
    (lane,) = [one for one in findings if one["check"] == "lane" and one["state"] == "fail"]
    assert lane["said"].startswith("uno: ansible-core ") and lane["said"].endswith("does not reach its Python 3.5")
