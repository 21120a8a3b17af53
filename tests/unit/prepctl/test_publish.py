"""A tree becomes a cut, and a cut is delivered when a reader sees it: real files, real HTTP, a function for rsync."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest
from fake_mirror import FakeMirror, mirror_at

from prepctl.cli import main
from prepctl.errors import PrepctlError
from prepctl.publish import publisher as publishers
from prepctl.publish.keys import KeyRing
from prepctl.publish.mirrors import Mirror
from prepctl.publish.push import Pushed, push
from prepctl.publish.stage import Cut, Stage
from prepctl.publish.store import Store
from prepctl.report import keys as report_keys

NOW = 1_700_000_000
CSV = "sep=|\nDIPUTACIONES\n2022/06/05 20:{:02d} (UTC-5)\nCLAVE_CASILLA|PAN\n"


def unsigned(data: bytes) -> bytes:
    return b"{}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "site"
    (directory / "bd").mkdir(parents=True)
    (directory / "index.html").write_text("<p>PREP</p>")
    (directory / "logo.png").write_bytes(b"png" * 100)
    (directory / "bd/datos.csv").write_text(CSV.format(15))
    return directory


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "publication/stage", "America/Monterrey")


def prepared(stage: Stage, tree: Path, now: int = NOW, **options: Any) -> Cut:
    return stage.prepare(tree, drill=options.pop("drill", False), previous=None, sign=unsigned, now=now, **options)


class TestStage:
    def test_a_tree_becomes_a_cut(self, stage: Stage, tree: Path) -> None:
        cut = prepared(stage, tree)
        assert cut.cut["clock"] == "2022-06-05T20:15:00-05:00"
        assert cut.cut["epoch"] == 1654478100
        assert sorted(cut.files) == ["bd/datos.csv", "index.html", "logo.png"]
        assert manifest.parse((cut.directory / manifest.MANIFEST).read_bytes())["cut"] == cut.cut
        for path, (digest, size, mtime) in cut.files.items():
            data = (cut.directory / path).read_bytes()
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (digest, size)
            assert (cut.directory / path).stat().st_mtime_ns == mtime * 10**9

    def test_times_tell_what_changed_and_nothing_else(self, stage: Stage, tree: Path) -> None:
        first = prepared(stage, tree)
        # Changed within the same second, to the same size; another only touched.
        (tree / "logo.png").write_bytes(b"PNG" * 100)
        os.utime(tree / "index.html", (1, 1))
        (tree / "bd/datos.csv").write_text(CSV.format(30))
        second = prepared(stage, tree)
        assert second.files["index.html"] == first.files["index.html"]
        assert second.files["logo.png"][2] > first.files["logo.png"][2]
        assert sorted(second.changed) == ["bd/datos.csv", "logo.png"]
        assert (second.directory / "index.html").stat().st_ino == (first.directory / "index.html").stat().st_ino

    def test_what_is_pushed_does_not_change_with_the_tree(self, stage: Stage, tree: Path) -> None:
        cut = prepared(stage, tree)
        with open(tree / "logo.png", "r+b") as stream:
            stream.write(b"otro")
        assert hashlib.sha256((cut.directory / "logo.png").read_bytes()).hexdigest() == cut.files["logo.png"][0]

    def test_the_same_once_more_is_the_same_cut(self, stage: Stage, tree: Path) -> None:
        assert prepared(stage, tree).id == prepared(stage, tree, NOW + 60).id

    def test_two_manifests_of_one_second_have_two_times(self, stage: Stage, tree: Path) -> None:
        first = prepared(stage, tree)
        (tree / "index.html").write_text("<p>prep</p>")
        second = prepared(stage, tree)
        for name in (manifest.MANIFEST, manifest.SIGNATURE):
            assert int((first.directory / name).stat().st_mtime) < int((second.directory / name).stat().st_mtime)
        before = int((second.directory / manifest.SIGNATURE).stat().st_mtime)
        assert prepared(stage, tree).id == second.id  # signed anew
        assert int((second.directory / manifest.SIGNATURE).stat().st_mtime) == before + 1

    def test_a_correction_of_the_same_hour_is_later(self, stage: Stage, tree: Path) -> None:
        first = prepared(stage, tree)
        (tree / "index.html").write_text("<p>corregido</p>")
        second = prepared(stage, tree)
        assert second.id != first.id
        assert manifest.order(second.cut) > manifest.order(first.cut)

    def test_the_zone_of_the_call_counts_where_the_cut_names_none(self, stage: Stage, tree: Path) -> None:
        (tree / "bd/datos.csv").write_text("05/06/2022 20:15\nCLAVE_CASILLA|PAN\n")
        assert prepared(stage, tree).cut["clock"] == "2022-06-05T20:15:00-05:00"
        (tree / "bd/datos.csv").write_text("04/06/2023 20:15\n")
        assert prepared(stage, tree).cut["clock"] == "2023-06-04T20:15:00-06:00"

    def test_an_offset_that_is_not_the_zones_is_told(self, stage: Stage, tree: Path) -> None:
        (tree / "bd/datos.csv").write_text("04/06/2023 20:15 (UTC-5)\n")
        cut = prepared(stage, tree)
        assert cut.cut["clock"].endswith("-05:00") and "UTC-06:00" in cut.warnings[0]

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda tree: (tree / "a").symlink_to("/etc/passwd"), "'a' is a symbolic link"),
            (lambda tree: os.mkfifo(tree / "a"), "'a' is neither file nor directory"),
            (lambda tree: (tree / ".git").mkdir(), "'.git' leads out of the tree or to a hidden file"),
            (lambda tree: (tree / "a\nb").write_text(""), "control character"),
            (lambda tree: (tree / "prep-manifest.json").write_text(""), "the manifest's own"),
            (lambda tree: (tree / "b.csv").write_text(CSV.format(0)), "b.csv (head of the CSV): expected 2022-06-05"),
            (lambda tree: (tree / "bd/datos.csv").unlink(), "found none"),
            (lambda tree: (tree / "c.json").write_text('{"cortePrueba": true}'), "published with --drill"),
            (lambda tree: (tree / "bd/datos.csv").write_text("2023/12/05 20:15\n"), "lies in the future"),
        ],
    )
    def test_a_tree_that_is_no_cut_is_one_line(
        self, stage: Stage, tree: Path, spoil: Callable[[Path], Any], said: str
    ) -> None:
        spoil(tree)
        with pytest.raises(PrepctlError) as caught:
            prepared(stage, tree)
        assert said in str(caught.value) and "\n" not in str(caught.value)
        assert not [one for one in stage.directory.iterdir() if one.is_dir()]

    def test_old_stages_go(self, stage: Stage, tree: Path) -> None:
        for minute in range(10, 20):
            (tree / "bd/datos.csv").write_text(CSV.format(minute))
            last = prepared(stage, tree)
        kept = [one.name for one in stage.directory.iterdir() if one.is_dir()]
        assert last.id in kept and len(kept) == 3


class TestKeys:
    def verified(self, data: bytes, signatures: bytes, key: Any, directory: Path) -> bool:
        (directory / "data").write_bytes(data)
        (directory / "sig").write_bytes(manifest.parse_signatures(signatures)[key.name])
        argv = ["openssl", "dgst", "-sha256", "-verify", str(key.public), "-signature", "sig", "data"]
        return subprocess.run(argv, cwd=directory, capture_output=True).returncode == 0

    def test_openssl_takes_the_signatures_of_both_keys(self, tmp_path: Path) -> None:
        ring = KeyRing(tmp_path)
        first, second = ring.create(None), ring.create(b"clave")
        asked: list[int] = []
        signatures = ring.sign(b"corte", lambda: asked.append(1) or b"clave")
        assert len(asked) == 1
        for key in (first, second):
            assert stat.S_IMODE(key.private.stat().st_mode) == 0o600
            assert self.verified(b"corte", signatures, key, tmp_path)
            assert not self.verified(b"otro", signatures, key, tmp_path)
        assert (first.protected, second.protected) == (False, True)

    def test_a_wrong_passphrase_is_one_line(self, tmp_path: Path) -> None:
        ring = KeyRing(tmp_path)
        ring.create(b"clave")
        with pytest.raises(PrepctlError, match="can't be opened"):
            ring.sign(b"corte", lambda: b"otra")

    def test_the_key_of_reports_signs_no_cuts(self, tmp_path: Path) -> None:
        report_keys.make(tmp_path / "keys/report.key", tmp_path / "keys/report.pub", None)
        ring = KeyRing(tmp_path)
        with pytest.raises(PrepctlError, match="expected a signing key, found none"):
            ring.sign(b"corte", lambda: None)
        key = ring.create(None)
        assert ring.all() == [key]
        assert set(manifest.parse_signatures(ring.sign(b"corte", lambda: None))) == {key.name}

    def test_a_rotation(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        def run(*words: str) -> tuple[int, str]:
            with pytest.raises(SystemExit) as caught:
                main(["keys", *words, "-w", str(tmp_path)])
            told = capsys.readouterr()
            return int(caught.value.code or 0), told.out + told.err

        assert run("create")[0] == 0
        assert run("create") == (1, run("create")[1]) and "rotate" in run("create")[1]
        (old,) = json.loads(run("list", "--json")[1])
        assert "the only key" in run("retire", old["name"])[1]
        assert f"prepctl keys retire {old['name']}" in run("rotate")[1]
        assert "retire" in run("rotate")[1]
        assert run("retire", old["name"])[0] == 0
        (new,) = json.loads(run("list", "--json")[1])
        assert new["name"] != old["name"]
        left = sorted(path.name for path in (tmp_path / "keys").iterdir())
        assert left == [f"{new['name']}.key", f"{new['name']}.pub"]


class TestPublisher:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(publishers, "FIRST_PAUSE_S", 0.01)
        monkeypatch.setattr(publishers, "POLL_S", 0.01)

    @pytest.fixture
    def cut(self, stage: Stage, tree: Path) -> Cut:
        return prepared(stage, tree)

    @pytest.fixture
    def mirror(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMirror]:
        made = FakeMirror(tmp_path / "mirror")
        self.http = made.port
        yield made
        made.close()

    def deliver(
        self, cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rsync: Callable[[bool], Pushed],
        patience: float = 0.6,
    ) -> publishers.Delivery:
        monkeypatch.setattr(publishers, "push", lambda *words, thorough: rsync(thorough))
        tmp_path.mkdir(exist_ok=True)
        store = Store(tmp_path)
        made = publishers.Publisher(cut, store, "rsync", patience_s=patience)
        (done,) = made.publish([mirror_at(self.http)], lambda one: None)
        (row,) = store.deliveries(0)
        assert (row["mirror"], row["outcome"], row["attempts"]) == ("uno", done.outcome, done.attempts)
        return done

    def test_shown(self, cut, mirror, tmp_path, monkeypatch) -> None:
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: mirror.show(cut) or Pushed(sent=7))
        assert (done.outcome, done.attempts, done.sent_bytes, done.detail) == ("shown", 1, 7, "")
        assert done.lag_s is not None and done.lag_s < 0.6

    def test_an_old_refusal_is_not_taken_for_the_answer(self, cut, mirror, tmp_path, monkeypatch) -> None:
        mirror.refuse(cut, "altered: x")
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: mirror.show(cut) or Pushed())
        assert (done.outcome, done.attempts) == ("shown", 1)

    def test_other_content_is_compared_and_healed(self, cut, mirror, tmp_path, monkeypatch) -> None:
        def rsync(thorough: bool) -> Pushed:
            if thorough:
                mirror.show(cut)
            else:
                mirror.refuse(cut, "altered: logo.png")
            return Pushed()

        done = self.deliver(cut, tmp_path, monkeypatch, rsync)
        assert (done.outcome, done.attempts) == ("shown", 2)

    @pytest.mark.parametrize("reason", ["older: x", "drill: x", "opening: x"])
    def test_what_the_gate_refuses_is_not_pushed_again(self, cut, mirror, tmp_path, monkeypatch, reason) -> None:
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: mirror.refuse(cut, reason) or Pushed())
        assert (done.outcome, done.detail, done.attempts) == ("refused", reason, 1)

    def test_a_status_alone_is_not_believed(self, cut, mirror, tmp_path, monkeypatch) -> None:
        def rsync(thorough: bool) -> Pushed:
            mirror.show(cut)
            (mirror.directory / "bd/datos.csv").write_text("alterado")
            return Pushed()

        done = self.deliver(cut, tmp_path, monkeypatch, rsync)
        assert done.outcome == "altered" and "bd/datos.csv" in done.detail and done.lag_s is None

    def test_a_suspended_mirror_has_the_cut_behind_its_notice(self, cut, mirror, tmp_path, monkeypatch) -> None:
        def rsync(thorough: bool) -> Pushed:
            mirror.show(cut)
            mirror.tell(suspended={"reason": "revisión"})
            mirror.answers["*"] = 503
            return Pushed()

        done = self.deliver(cut, tmp_path, monkeypatch, rsync)
        assert (done.outcome, done.lag_s, publishers.CODES[done.outcome]) == ("suspended", None, 0)
        assert "revisión" in done.detail

    def test_why_an_attempt_failed_outlives_the_one_that_found_no_end(self, cut, mirror, tmp_path, monkeypatch) -> None:
        answers = [lambda: mirror.refuse(cut, "error: No space left on device"), lambda: None]
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: answers.pop(0)() or Pushed())
        assert (done.outcome, done.detail) == ("refused", "error: No space left on device")

    def test_superseded_by_a_later_cut(self, cut, mirror, tmp_path, monkeypatch) -> None:
        later = {**cut.cut, "id": "20220605_2030-00000000", "epoch": cut.cut["epoch"] + 900}
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: mirror.tell(cut=later) or Pushed())
        assert (done.outcome, publishers.CODES[done.outcome]) == ("superseded", 0)
        # To a mirror that shows it already there is nothing to push.
        done = self.deliver(cut, tmp_path / "bd", monkeypatch, lambda thorough: Pushed("not reached"))
        assert (done.outcome, done.attempts, publishers.CODES[done.outcome]) == ("refused", 0, 2)

    def test_not_visible(self, cut, mirror, tmp_path, monkeypatch) -> None:
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: Pushed(), patience=0.1)
        assert done.outcome == "not visible"

    def test_a_push_is_tried_again_as_long_as_that_may_help(self, cut, mirror, tmp_path, monkeypatch) -> None:
        answers = [Pushed("cut off", again=True), Pushed("cut off", again=True), Pushed()]
        done = self.deliver(
            cut, tmp_path, monkeypatch, lambda thorough: (len(answers) == 1 and mirror.show(cut)) or answers.pop(0)
        )
        assert (done.outcome, done.attempts) == ("shown", 3)

    def test_a_wrong_secret_is_not_tried_again(self, cut, mirror, tmp_path, monkeypatch) -> None:
        done = self.deliver(cut, tmp_path, monkeypatch, lambda thorough: Pushed("auth failed"))
        assert (done.outcome, done.attempts) == ("push failed", 1)


class TestPush:
    @pytest.fixture
    def told(self, tmp_path: Path) -> Callable[..., Pushed]:
        """Return a function that runs a push with a program in rsync's place."""

        def run(script: str, address: str = "192.0.2.9") -> Pushed:
            program = tmp_path / "rsync"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            mirror = Mirror("uno", address, "uno.example", "iepc", "muy-secreto")
            return push(str(program), tmp_path, mirror)

        return run

    def test_the_secret_is_in_the_environment_alone(self, told: Callable[..., Pushed]) -> None:
        done = told('case "$*" in *muy-secreto*) exit 1;; esac; [ "$RSYNC_PASSWORD" = muy-secreto ] || exit 2')
        assert done == Pushed()
        assert "muy-secreto" not in repr(Mirror("uno", "192.0.2.9", "uno.example", "iepc", "muy-secreto"))
        assert "muy-secreto" not in told('echo "said $RSYNC_PASSWORD" >&2; exit 12').error

    def test_what_it_says_becomes_an_answer(self, told: Callable[..., Pushed]) -> None:
        assert told("echo 'Total bytes sent: 1,234,567'").sent == 1234567
        failed = told("echo '@ERROR: auth failed on module prep' >&2; exit 5")
        assert (failed.again, failed.unreachable) == (False, False)
        assert told("echo '@ERROR: max connections (10) reached -- try again later' >&2; exit 5").again
        assert told("echo 'rsync: connection timed out' >&2; exit 35").unreachable
        assert told("exit 12").again and not told("exit 4").again

    def test_an_address_of_ipv6_has_brackets(self) -> None:
        assert Mirror("uno", "2001:db8::7", "", "iepc", "x").target == "rsync://iepc@[2001:db8::7]:873/prep/"
