"""`prepctl memoria`, from logs to documents: the numbers are what readers did, and nothing that they sent is markup."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from readers import BOT, OPENING, PHONE, START, Readers

from prepctl.cli import main

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two outlets' logs as collect-logs leaves them."""
    made = Readers()
    for number in range(40):
        made.visit(
            OPENING + 60 + number * 30, 2, 600, address=f"189.0.0.{number}", referer="https://www.uno.example/nota"
        )
    made.visit(OPENING, 5, agent=BOT)
    made.ask(OPENING, f"/{HOSTILE}", agent=f"Mozilla/5.0 {HOSTILE}", status=404, referer=f"https://{HOSTILE}/")
    made.ask(OPENING, "/x", agent="=cmd|' /C calc'!A0", status=404)
    for day in range(1, 4):  # earlier days, whole ones
        for hour in range(24):
            made.visit(START - day * 86400 + hour * 3600, 1, address=f"189.7.0.{hour}")
    other = Readers()
    other.visit(OPENING + 60, 3, 1800, address="189.0.0.1", agent=PHONE)
    logs = tmp_path / "logs"
    for name, text in (("uno", made.text() + f"{HOSTILE} 198.51.100.7\n".encode()), ("dos", other.text())):
        (logs / name / "access").mkdir(parents=True)
        (logs / name / "access/prep_access.log.gz").write_bytes(gzip.compress(text))
    (logs / "uno/fail2ban").mkdir()
    (logs / "uno/fail2ban/fail2ban.log").write_text(
        "2022-06-05 20:10:00,500 fail2ban.actions [1]: NOTICE [sshd] Ban 198.51.100.7\n"
    )
    (logs / "watch").mkdir()
    record = {
        "incidents": [
            {
                "mirror": "uno",
                "kind": "down",
                "opened": OPENING + 300,
                "closed": OPENING + 900,
                "detail": f"198.51.100.9 {HOSTILE}",
            }
        ],
        "cuts": [{"id": "c1", "clock": "2022-06-05T20:15:00-05:00", "published": OPENING + 900, "drill": 0}],
        "deliveries": [{"cut": "c1", "mirror": "uno", "lag_s": 3.5}, {"cut": "c1", "mirror": "dos", "lag_s": 75.0}],
    }
    for name, rows in record.items():
        (logs / f"watch/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (logs / "inventory.json").write_text(
        json.dumps(
            {"schema": 1, "call": "dgo_2022", "diffusers": [{"name": "uno", "zone": {"since": "-0500"}, "files": []}]}
        )
    )
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/uno.yml").write_text(
        "prep_outlet: {name: El Periódico <b>, portal_urls: ['https://www.uno.example']}\nprep_rsync_secret: !vault "
        "|\n  $ANSIBLE_VAULT\n"
    )
    (tmp_path / "uno.md").write_text(
        f"# Sugerencia\n\nMás **ancho de banda**, {HOSTILE}\n\n- uno\n- "
        f"[dos](javascript:alert(1))\n\n![x](http://evil/x.png)\n"
    )
    return tmp_path


def run(workspace: Path, *words: str) -> tuple[int, Path]:
    with pytest.raises(SystemExit) as ended:
        main(["memoria", "--workspace", str(workspace), "--jobs", "1", "--output", str(workspace / "out"), *words])
    return int(ended.value.code or 0), workspace / "out"


def table(path: Path) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [
            str(value) for name, value in attrs if name in ("src", "href") and not str(value).startswith("data:")
        ]
        assert not any(name.startswith("on") for name, _value in attrs)


def test_from_logs_to_documents(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(workspace, str(workspace / "logs"), "--comments", str(workspace), "--json")
    assert code == 0
    said = json.loads(capsys.readouterr().out)
    uno = next(one for one in said["outlets"] if one["name"] == "uno")
    # 40 readers, two pages ten minutes apart each, with a style and data; a robot's five; two that were not there.
    assert (uno["visits"], uno["visitors"], uno["pages"], uno["robots"]) == (40, 40, 80, 16)
    assert uno["hits"] == 40 * 2 * 3 + 15 + 2 and uno["rejected"] == 1
    assert (uno["lines"], uno["outside"]) == (uno["hits"] + 1 + 72 * 3, 72 * 3)
    dos = next(one for one in said["outlets"] if one["name"] == "dos")
    assert (dos["visits"], dos["visitors"], dos["pages"]) == (3, 1, 3)
    assert (said["fleet"]["visits"], said["fleet"]["visitors"]) == (43, 41)
    days = table(out / "uno/tables/days.csv")
    assert [row["visits"] for row in days] == ["40", "0", "0", "0", "0", "0", "0", "0"]
    assert pq.read_table(out / "tables/days.parquet").num_rows == 3 * 8
    assert {row["outlet"] for row in table(out / "uno/tables/lists.csv")} == {"uno"}
    base = table(out / "uno/tables/baseline.csv")[0]
    assert (base["days_of_baseline"], float(base["pages_ratio"])) == ("3", pytest.approx(80 / 24))
    happened = {(row["kind"], row["source"]): row for row in table(out / "tables/incidents.csv")}
    assert {("down", "watch"), ("ban", "fail2ban")} <= happened.keys()
    assert happened["down", "watch"]["effect_told"] == "sin resultados 10 min"
    page = (out / "uno/memoria.html").read_text()
    for said_there in (
        "El Periódico &lt;b&gt;",
        "1. Registros de acceso",
        "2. Incidencias",
        "3. Comparativo",
        "4. Comentarios",
        "<strong>ancho de banda</strong>",
        "3 días completos",
        "sin resultados 10 min",
        "JICWEBS",
        "apertura",
    ):
        assert said_there in page
    whole = (out / "memoria.html").read_text()
    assert "Peor retraso de un corte: 75.0 s en dos" in whole and "Pedir " in whole and "Mapa de carga" in whole
    assert (out / "memoria.pdf").read_bytes()[:5] == b"%PDF-" == (out / "uno/memoria.pdf").read_bytes()[:5]


def test_nothing_of_a_reader_is_markup_or_fetched_or_an_address(workspace: Path) -> None:
    code, out = run(workspace, str(workspace / "logs"), "--comments", f"uno={workspace / 'uno.md'}", "--lang", "en")
    assert code == 0
    for path in out.rglob("*.html"):
        page = Page(path.read_text())
        assert not page.tags & {"script", "img", "iframe", "link", "b", "object"} - {"link"} and page.links == []
    for path in out.rglob("*"):
        if path.suffix in (".html", ".csv", ".json"):
            assert not re.search(r"198\.51\.100|189\.0\.0\.|189\.7\.0", path.read_text()), path
    rejected = table(out / "uno/tables/rejected.csv")
    assert rejected[0]["line"].isdigit() and rejected[0]["text"].startswith(f"{HOSTILE} dir-")
    assert not [
        cell for path in out.rglob("*.csv") for row in table(path) for cell in row.values() if cell.startswith("=")
    ]
    secret = workspace / "keys/memoria.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    secret.chmod(0o644)
    assert run(workspace, str(workspace / "logs"))[0] == 1


def test_plain_paths_declared_averages_and_an_own_window(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = workspace / "logs/dos/access/prep_access.log.gz"
    averages = workspace / "averages.yml"
    averages.write_text("radio: {pages: 2, visits: 1}\n")
    words = [
        f"radio={log}",
        "--since",
        "2022-06-05",
        "--until",
        "2022-06-05 20:59",
        "--zone",
        "America/Monterrey",
        "--averages",
        str(averages),
        "-f",
        "csv",
    ]
    code, out = run(workspace, *words)
    assert code == 0, capsys.readouterr().err
    assert [row["pages"] for row in table(out / "radio/tables/days.csv")] == ["2"]
    assert float(table(out / "radio/tables/baseline.csv")[0]["visits_ratio"]) == 2.0
    assert not list(out.rglob("*.html")) and not (out / "tables").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nowhere"], "nowhere: expected a directory that prepctl collect-logs filled"),
        (["."], "expected DIFFUSER/access/FILE below it"),
        (["a=nowhere.log"], "nowhere.log: expected an Apache access log"),
        (["logs", "--call", "none"], "--call: there is no call 'none'"),
        (["dos=logs/dos"], "--zone: expected an IANA time zone"),
        (["dos=logs/dos", "--zone", "America/Monterrey"], "--since and --until: expected both"),
        (["dos=logs/dos", "--zone", "Mars/Base"], "expected a time zone that this machine knows"),
        (["logs", "--since", "yesterday"], '--since: expected "YYYY-MM-DD HH:MM"'),
        (["logs", "--since", "2022-07-01"], "--until: expected a time after --since"),
        (["logs", "--format", "doc"], "--format: expected some of html"),
        (["logs", "--lang", "fr"], "--lang: expected one of es, en"),
        (["logs", "--averages", "bad.yml"], "bad.yml: uno.hits: expected a number above 0"),
        (["logs", "--baseline", "tres=logs/dos/access"], "tres: expected one of the outlets, dos, uno"),
        (["logs", "--comments", "tres=x.md"], "expected one of the outlets"),
        (["logs", "--cdn", "10.0.0.0/99"], "--cdn: expected an address range"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    monkeypatch.chdir(workspace)
    (workspace / "bad.yml").write_text("uno: {hits: many}\n")
    code, out = run(workspace, *words)
    error = capsys.readouterr().err
    assert code == 1 and line in error and error.count("\n") == 1
    assert not out.exists()
