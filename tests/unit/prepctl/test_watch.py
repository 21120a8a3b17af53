"""The watch sees what readers see, and what deviates is an incident until it is over: real HTTP, real SQLite."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_mirror import FakeMirror, mirror_at

from prepctl.incidents import Incidents
from prepctl.publish.mirrors import Inventory
from prepctl.publish.stage import Cut, Stage
from prepctl.publish.store import Store
from prepctl.watch import board, look, metrics, page, words
from prepctl.watch.look import Expected, Eye
from prepctl.watch.service import Watch

ZONE = "America/Monterrey"
CALL = {"freshness_limit_seconds": 60, "update_interval_minutes": 15, "zone": ZONE}
FILES = 40


@pytest.fixture
def cut_of(tmp_path: Path) -> Callable[[int], Cut]:
    """Return ``cut_of(minute)``: a cut that was published."""
    directory = tmp_path / "publication"
    stage, store = Stage(directory / "stage", ZONE), Store(directory)

    def make(minute: int, published: float | None = None) -> Cut:
        tree = tmp_path / "site"
        tree.mkdir(exist_ok=True)
        (tree / "index.html").write_text(f"<p>Último corte</p> 05 de junio de 2022, 20:{minute:02d} h UTC-5")
        (tree / "corte.json").write_text(
            json.dumps({"horaCorte": f"20:{minute:02d}", "fechaCorte": "05 de junio de 2022"})
        )
        for number in range(FILES - 2):
            (tree / f"{number:02d}.txt").write_text(f"{number} {minute}")
        made = stage.prepare(tree, drill=False, previous=None, sign=lambda data: b"{}")
        store.add_cut(made)
        if published is not None:
            with store._database.open() as database:
                database.execute("update cut set published = ? where id = ?", (published, made.id))
        return made

    return make


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[FakeMirror]:
    made = FakeMirror(tmp_path / "mirror")
    yield made
    made.close()


@pytest.fixture
def eye(tmp_path: Path, mirror: FakeMirror) -> Eye:
    """Return one that compares a quarter of the files with each look."""
    return Eye(mirror_at(mirror.port), Store(tmp_path / "publication"), 5, 20)


def expected(eye: Eye) -> Expected:
    return Expected(eye._store.newest(), 60)


def kinds(seen: look.Look) -> list[str]:
    return [one.kind for one in seen.findings]


class TestLook:
    def test_all_is_well(self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye) -> None:
        assert kinds(eye.look(expected(eye))) == []  # the zero state, and nothing published
        mirror.show(cut_of(15))
        seen = eye.look(expected(eye))
        assert (kinds(seen), seen.compared, seen.page_status) == ([], FILES // 4, 200)
        assert words.cut(seen) == "20:15"

    def test_every_file_is_compared_over_a_cycle(
        self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye
    ) -> None:
        """An altered file is found within four looks, whichever it is."""
        mirror.show(cut_of(15))
        for path in ("00.txt", "37.txt", "corte.json"):
            kept = (mirror.directory / path).read_bytes()
            (mirror.directory / path).write_bytes(b"x" * len(kept))
            found = [finding for _ in range(4) for finding in eye.look(expected(eye)).findings]
            assert {(one.kind, one.evidence["path"]) for one in found} == {("altered", path)}
            (mirror.directory / path).write_bytes(kept)
            assert not any(eye.look(expected(eye)).findings for _ in range(4))

    def test_what_is_altered(self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye) -> None:
        cut = cut_of(15)
        mirror.show(cut)
        text = (mirror.directory / "index.html").read_text()
        for change, kind in (
            (
                lambda: (mirror.directory / "index.html").write_text(text + "<script src=//anuncios.example></script>"),
                "altered",
            ),
            (lambda: (mirror.directory / "00.txt").unlink(), "altered"),
            (lambda: mirror.tell(cut={**cut.cut, "id": "20220605_2015-00000000"}), "foreign"),
        ):
            mirror.show(cut)
            change()
            fresh = Eye(eye.mirror, eye._store, 5, 5)
            assert kinds(fresh.look(expected(eye))) == [kind]
        mirror.show(cut)
        (mirror.directory / "prep-manifest.json").write_bytes(cut.manifest + b" ")
        assert kinds(Eye(eye.mirror, eye._store, 5, 5).look(expected(eye))) == ["altered"]

    def test_a_switch_between_two_requests_is_no_alteration(
        self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mirror.show(cut_of(15))
        assert kinds(eye.look(expected(eye))) == []
        later, answer = cut_of(30), eye._reader.answer

        def switched(path: str, most: int) -> tuple[int, bytes]:
            if path == "/":
                mirror.show(later)
            return answer(path, most)

        monkeypatch.setattr(eye._reader, "answer", switched)
        assert kinds(eye.look(expected(eye))) == []

    def test_a_cut_that_does_not_come(self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye) -> None:
        mirror.show(cut_of(15))
        cut_of(30)
        assert kinds(eye.look(expected(eye))) == []  # it has a minute
        seen = eye.look(expected(eye), now=time.time() + 61)
        assert kinds(seen) == ["stale"]
        assert seen.findings[0].evidence["late_s"] >= 61

    def test_suspended_and_down(self, cut_of: Callable[..., Cut], mirror: FakeMirror, eye: Eye) -> None:
        mirror.show(cut_of(15))
        mirror.tell(suspended={"reason": "revisión"})
        assert kinds(eye.look(expected(eye))) == ["notice"]  # it says so, and shows results
        mirror.answers["*"] = 503
        seen = eye.look(expected(eye))
        assert (kinds(seen), words.state(seen)) == ([], ("held", "suspendido por el Instituto"))
        mirror.tell(suspended=None)
        assert kinds(eye.look(expected(eye))) == ["notice"]  # a 503 of its own
        mirror.close()
        eye.close()
        assert kinds(eye.look(expected(eye))) == ["down"]


class TestIncidents:
    def test_open_once_and_close_once(self, tmp_path: Path) -> None:
        incidents = Incidents(tmp_path)
        assert incidents.open("uno", "stale", "tarde", {"late_s": 70}, now=100)
        assert not incidents.open("uno", "stale", "más tarde", {}, now=200)
        # Another program, later.
        (one,) = Incidents(tmp_path).all(only_open=True)
        assert (one.opened, one.closed, one.evidence) == (100, None, {"late_s": 70})
        assert Incidents(tmp_path).close("uno", "stale", now=300)
        assert not incidents.close("uno", "stale")
        assert incidents.open("uno", "stale", "otra vez", {}, now=400)
        assert [one.closed for one in incidents.all()] == [None, 300]
        assert len(incidents.all(since=350)) == 1


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return a webhook's address and what was posted to it."""
    posts: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", posts
    server.shutdown()
    server.server_close()


class TestWatch:
    def make(self, tmp_path: Path, *ports: int, **options: Any) -> Watch:
        mirrors = [mirror_at(port, f"espejo{number}") for number, port in enumerate(ports)]
        inventory = Inventory(mirrors, CALL, 0, 0, [])
        return Watch(inventory, tmp_path / "publication", every_s=0.05, cycle_s=0.05, **options)

    def test_incidents_open_close_and_outlive_the_watch(
        self, tmp_path: Path, cut_of: Callable[..., Cut], mirror: FakeMirror, received: tuple[str, list[dict[str, Any]]]
    ) -> None:
        url, posts = received
        cut = cut_of(15)
        mirror.show(cut)
        other = FakeMirror(tmp_path / "other")
        other.show(cut)
        assert self.make(tmp_path, mirror.port, other.port).run(2).incidents == []
        (mirror.directory / "00.txt").write_text("FALSO")
        other.close()
        seen = self.make(tmp_path, mirror.port, other.port, webhook=url).run(2)
        assert {(one.mirror, one.kind) for one in seen.incidents} == {("espejo0", "altered"), ("espejo1", "down")}
        assert sorted((one["event"], one["kind"]) for one in posts) == [("opened", "altered"), ("opened", "down")]
        # Another watch goes on with what is open, and says nothing twice.
        posts.clear()
        assert len(self.make(tmp_path, mirror.port, other.port, webhook=url).run(1).incidents) == 2
        assert posts == []
        mirror.show(cut)
        (after,) = [one for one in self.make(tmp_path, mirror.port, webhook=url).run(1).incidents if one.closed]
        assert (after.mirror, after.kind) == ("espejo0", "altered")
        assert [(one["event"], one["kind"]) for one in posts] == [("closed", "altered")]

    def test_one_lost_answer_is_no_incident(self, tmp_path: Path) -> None:
        assert self.make(tmp_path, 1).run(1).incidents == []

    def test_a_webhook_that_is_not_there_holds_nothing_up(
        self, tmp_path: Path, cut_of: Callable[..., Cut], mirror: FakeMirror, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut_of(15, published=time.time() - 100)
        said: list[str] = []
        seen = self.make(tmp_path, mirror.port, webhook="http://127.0.0.1:1/", tell=said.append).run(1)
        assert [one.kind for one in seen.incidents] == ["stale"]
        assert any(line.startswith("webhook: ") for line in said)

    def test_a_drill_that_is_over_is_expected_of_nobody(self, tmp_path: Path, cut_of: Callable[..., Cut]) -> None:
        watch = self.make(tmp_path, 1)
        cut = cut_of(15)
        with watch._store._database.open() as database:
            database.execute("update cut set drill = 1")
        assert watch.expected(time.time()).cut is None
        watch._inventory = replace(watch._inventory, drills=[[0, 2**40]])
        assert watch.expected(time.time()).cut["id"] == cut.id  # type: ignore[index]

    def test_cuts_that_do_not_come_while_publication_lasts(self, tmp_path: Path, cut_of: Callable[..., Cut]) -> None:
        said: list[str] = []
        watch = self.make(tmp_path, 1, tell=said.append)
        watch._inventory = replace(watch._inventory, opening=100_000, closing=186_400)

        def late(now: float) -> bool:
            watch.judge_origin(now)
            return any(one.mirror == "origen" for one in watch.incidents.all(only_open=True))

        due = 15 * 90 + 60
        assert not late(99_999) and not late(100_000 + due) and late(100_001 + due)
        cut_of(15, published=102_000)
        assert not late(102_000 + due) and late(102_001 + due)
        assert [line.split(": ")[0].split()[1] for line in said] == ["opened", "closed", "opened"]
        # Afterwards no more are due.
        assert not late(186_400)

    def test_a_suspension_is_over_when_results_are_seen(self, tmp_path: Path, mirror: FakeMirror) -> None:
        watch = self.make(tmp_path, mirror.port)
        watch.incidents.open("espejo0", "suspended", "revisión", {})
        mirror.answers["*"] = 503
        assert {one.kind for one in watch.run(1).incidents if one.closed is None} == {"suspended", "notice"}
        mirror.answers.clear()
        assert not [one for one in self.make(tmp_path, mirror.port).run(1).incidents if one.closed is None]


class TestShown:
    @pytest.fixture
    def view(self, tmp_path: Path, cut_of: Callable[..., Cut], mirror: FakeMirror) -> Any:
        mirror.show(cut_of(15, published=time.time() - 10))
        (mirror.directory / "00.txt").write_text("FALSO")
        return TestWatch().make(tmp_path, mirror.port).run(2)

    def test_the_page(self, view: Any) -> None:
        view.incidents[0] = replace(view.incidents[0], detail="<script>alert(1)</script>")
        text = page.render(view, ZONE, "Difusores & más")
        assert '<meta http-equiv="refresh" content="5">' in text
        assert "✗ contenido alterado" in text and ">20:15<" in text
        assert "<script" not in text and "Difusores &amp; más" in text
        assert "http://" not in text and "https://" not in text  # it loads nothing

    def test_the_metrics(self, view: Any) -> None:
        text = metrics.render(view)
        assert text.endswith("# EOF\n")
        assert 'prep_incident_open{mirror="espejo0",kind="altered"} 1' in text
        assert 'prep_incident_open{mirror="espejo0",kind="stale"} 0' in text
        assert 'prep_mirror_up{mirror="espejo0"} 1' in text

    def test_the_board(self, view: Any) -> None:
        from rich.console import Console

        console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
        console.print(board.board(view, ZONE))
        text = console.export_text()
        assert "✗ contenido alterado" in text and "20:15" in text
