"""A session at a terminal, from an empty directory to a drill, on a lab's machines; asserted step by step and recorded.

    python tests/session/record.py --lab lab
    python tests/session/record.py --lab consola --write docs/session.txt     # on bare machines

Host keys are confirmed as an outlet would: read on the server's own console (``docker exec``), and typed in.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ansible_collections.iepc.prep.plugins.module_utils.cuts.clock import MONTHS
from terminal import HEIGHT, WIDTH, Terminal

HERE = Path(__file__).resolve().parent
DIFFUSERS = ("difusor11", "difusor12", "difusor13")
# What each outlet answers: (name, domain, portal).
OUTLETS = {
    "difusor11": ("El Faro de la Laguna", "prep.elfaro.example", "https://www.elfaro.example"),
    "difusor12": ("Radio Sierra Madre", "prep.radiosierra.example", "https://www.radiosierra.example"),
    "difusor13": ("Universidad del Guadiana", "prep.guadiana.example", "https://www.guadiana.example"),
}
ZONE = ZoneInfo("America/Monterrey")
FIT = "APTO CON OBSERVACIONES"


class Session:
    """What is typed, and what it looks like.

    :param lab: the name of a lab that runs, of this machine's Docker.
    """

    def __init__(self, lab: str, place: Path) -> None:
        self.lab, self.place = lab, place
        self.recorded: list[str] = []
        own = str(Path(sys.executable).parent)
        self.terminal = Terminal(place, {
            "PATH": f"{own}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(place), "LANG": "C.UTF-8",
            "TERM": "screen-256color",
            "PYTHONDONTWRITEBYTECODE": "1",
        })  # fmt: skip

    def run(self, line: str, *expected: str, code: int = 0) -> str:
        """Type a command; it has to end so, and to say all that."""
        self.terminal.start(line)
        return self.see(expected, code)

    def see(self, expected: Sequence[str], code: int = 0) -> str:
        """Wait for the end of what was started; it has to end so, and to say all that."""
        ended, text = self.terminal.end()
        print(text, flush=True)
        assert ended == code, f"expected exit code {code}, got {ended}"
        for one in expected:
            assert re.search(one, text, re.M), f"expected {one!r}"
        assert "Traceback" not in text
        self.recorded.append(text)
        return text

    def look(self, command: str) -> None:
        """Record what is on the screen now, in the middle of a command."""
        lines = [line.rstrip() for line in self.terminal.screen().rstrip("\n").split("\n")]
        begun = max(number for number, line in enumerate(lines) if line.startswith(f"$ {command}"))
        self.recorded.append("\n".join([f"({command}, in the middle)", *lines[begun + 1 :]]).rstrip())

    def address(self, machine: str) -> str:
        """The address of one of the lab's machines."""
        told = json.loads(_docker("inspect", self.container(machine)))
        return str(next(iter(told[0]["NetworkSettings"]["Networks"].values()))["IPAddress"])

    def container(self, machine: str) -> str:
        """The name of its container: its console."""
        return f"iepc-prep-{self.lab}-{machine}"

    def gateway(self) -> str:
        """The control node as the servers see it."""
        told = json.loads(_docker("network", "inspect", f"iepc-prep-{self.lab}"))
        return str(told[0]["IPAM"]["Config"][0].get("Gateway") or self.address("origen").rsplit(".", 1)[0] + ".1")

    def fingerprint(self, machine: str) -> str:
        """Have the outlet read its server's fingerprint on the console."""
        text = self.run(
            f"docker exec {self.container(machine)} ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", "SHA256:"
        )
        found = re.search(r"SHA256:\S+", text)
        assert found
        return found[0]


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def take_in(session: Session) -> None:
    """A workspace, three outlets, and a machine that looks from outside."""
    gateway, origin = session.gateway(), session.address("origen")
    session.run(
        f"prepctl init prep-2027 --call dgo_2022 --allow {gateway} --allow {origin} --control-node {gateway} "
        "--ssh-key llave",
        "^prep-2027: a workspace for the call dgo_2022, ", "^next: prepctl add --workspace prep-2027$",
    )  # fmt: skip
    session.run("cd prep-2027")
    own = (HERE / "lab.txt").read_text(encoding="utf-8").replace("LAB_ORIGIN", origin)
    (session.place / "del-laboratorio.yml").write_text(own, encoding="utf-8")
    session.run("cat ../del-laboratorio.yml >> group_vars/diffusers.yml")
    for machine in DIFFUSERS:
        told = session.fingerprint(machine)
        name, domain, portal = OUTLETS[machine]
        session.terminal.start("prepctl add")
        for question, answer in (
            ("Name of the outlet", name), ("Name of the diffuser in the inventory", machine),
            ("Address of the server", session.address(machine)), ("Public host name of the mirror", domain),
            ("URLs of the portals", portal), ("Technical contact: name", "Andrés Güereca López"),
            ("Post", "Responsable técnico"), ("Telephone", "+52 618 555 0112"), ("E-mail", f"tecnica@{domain[5:]}"),
            ("Hours", "24 horas"), ("Are they the same?", told),
        ):  # fmt: skip
            session.terminal.expect(question)
            session.terminal.expect(": ")
            session.terminal.type(answer)
        session.see([f"^{machine}: added \\({name}\\)$", "^next: prepctl preflight$"])
    told = session.fingerprint("lector")
    session.run(
        f"prepctl add lector --vantage-point --address {session.address('lector')} --fingerprint {told}",
        "^lector: added",
    )


def bring_to_compliance(session: Session) -> None:
    """Onboarded, proved, reported."""
    session.run("prepctl preflight", *(f"^ ?{one} +ready" for one in DIFFUSERS), "^preflight: all well")
    session.terminal.start("prepctl onboard")
    session.terminal.expect("sshd_hardening", patience=400)
    session.look("prepctl onboard")
    rows = [f"^ ?{one} +{FIT} +\\d+" for one in DIFFUSERS]
    session.see([*rows, "^report: reports/[^/]+/compliance.html$", r"^onboard: all well \(\d+ s\)$"])
    session.run("prepctl check", *(f"^ ?{one} +{FIT} +0" for one in DIFFUSERS), "^check: all well")
    session.run("prepctl report", "^reports/[^/]+/compliance.html$")


def rehearse(session: Session) -> None:
    """Two cuts of a drill, as every reader sees them; and where each outlet stands."""
    now = datetime.now(ZONE)
    for minutes in (1, 0):
        at = now - timedelta(minutes=minutes)
        tree = session.place / "cortes" / f"{at:%H%M}"
        tree.mkdir(parents=True)
        day = f"{at.day:02d} de {MONTHS[at.month - 1]} de {at.year}"
        (tree / "index.html").write_text(f"<p>SIMULACRO</p><p>Último corte: {day}, {at:%H:%M} h</p>", encoding="utf-8")
        (tree / "corte.json").write_text(json.dumps({"horaCorte": f"{at:%H:%M}", "fechaCorte": day}), encoding="utf-8")
    session.run(
        "prepctl drill ../cortes --every 5", *[r"^\d\d:\d\d  3 of 3 mirrors, the last after \d+\.\d s$"], "drill.html$"
    )
    # The call of 2022 asked for two rehearsals on days that this workspace did not live through.
    session.run("prepctl status", *(f"^ ?{one} +5/5 +handed over, reached" for one in DIFFUSERS), code=2)


def main() -> None:
    """Record, and write it down where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", default="lab", help="name of the lab whose machines are taken")
    parser.add_argument("--key", type=Path, default=Path("inventories/lab/.lab/id_ed25519"), help="how it is entered")
    parser.add_argument("--write", type=Path, help="where the text goes")
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="prep-session-"))
    shutil.copy(given.key, place / "llave")
    os.chmod(place / "llave", 0o600)
    session = Session(given.lab, place)
    try:
        take_in(session)
        bring_to_compliance(session)
        rehearse(session)
    finally:
        session.terminal.close()
        shutil.rmtree(place, ignore_errors=True)
    # Where the session lives is its home.
    text = ("\n\n".join(session.recorded) + "\n").replace(str(place), "~")
    if given.write:
        given.write.write_text(
            f"A terminal of {WIDTH} columns and {HEIGHT} lines; tests/session/record.py types and checks.\n\n{text}",
            encoding="utf-8",
        )
    print(f"session: {len(session.recorded)} steps")


if __name__ == "__main__":
    main()
