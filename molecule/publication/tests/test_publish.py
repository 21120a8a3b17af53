"""Cuts over a real rsync daemon to a real Apache: what is shown, what is refused, what nobody ever sees."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest
from mirrors import ROOT
from reruns import WORKSPACE, changed, converge
from reruns import said as told

from prepctl.publish.keys import KeyRing
from prepctl.publish.stage import Stage

ACTIVATIONS = int(os.environ.get("PREP_ACTIVATIONS", "200"))
FAR = 4102444800
# These take long, and are about the activator, not about the system below it: one mirror each.
ON_DEBIAN_11 = pytest.mark.parametrize("host", ["difusor11"], indirect=True)
ON_DEBIAN_13 = pytest.mark.parametrize("host", ["difusor13"], indirect=True)


@pytest.fixture
def staged(tmp_path, make_site):
    """Return ``staged(minute, drill=False, ring=the institute's, **site) -> Cut``: signed, and pushed by nobody yet."""
    stage = Stage(tmp_path / "stage", "America/Monterrey")
    own = KeyRing(WORKSPACE)

    def make(minute: int, drill: bool = False, ring: KeyRing = own, **options):
        tree = make_site(minute, mark="drill" if drill else options.pop("mark", ""), **options)
        return stage.prepare(tree, drill=drill, previous=None, sign=lambda data: ring.sign(data, lambda: None))

    return make


@pytest.fixture
def shown(publish, make_site, empty):
    """Have a cut of 20:30 shown; its id."""
    done = publish(make_site(30))
    assert done.code == 0, done.text
    return done.document["cut"]["id"]


def test_a_signed_cut_is_seen_by_readers(host, publish, make_site, get, status, empty):
    assert status()["state"] == "zero"
    assert b"no se publican" in get("/")[1]
    tree = make_site(15)
    done = publish(tree)
    assert done.code == 0, done.text
    assert (done.mirror["outcome"], done.mirror["attempts"]) == ("shown", 1)
    assert done.mirror["lag_s"] < 60
    state = status()
    assert state["cut"]["id"] == done.document["cut"]["id"]
    assert state["cut"]["clock"] == "2022-06-05T20:15:00-05:00"
    assert state["last_refusal"] is None
    for path in ("index.html", "datos/corte.json", "datos/actas.csv", "logo.svg"):
        code, body, _headers = get("/" + path)
        assert (code, body) == (200, (tree / path).read_bytes())
    # What was signed can be checked by anybody.
    data = get("/" + manifest.MANIFEST)[1]
    assert hashlib.sha256(data).hexdigest() == done.document["manifest_sha256"]


def test_the_compressed_twin_is_served(host, publish, make_site, get, shown):
    host.check_output(
        f"for i in $(seq 100); do [ -e {ROOT}/current/datos/actas.csv.gz ] && exit 0; sleep 0.1; done; exit 1"
    )
    _code, body, headers = get("/datos/actas.csv", Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"].startswith("text/csv")
    assert gzip.decompress(body) == get("/datos/actas.csv")[1]
    assert int(headers["content-length"]) == len(body)


def test_a_second_run_of_the_role_leaves_the_cut_alone(host, shown, status):
    before = status()
    assert changed(converge("--limit", host.name)) == 0
    assert status() == before


def _altered(stage: Path) -> None:
    info = (stage / "index.html").stat()
    (stage / "index.html").write_text("<p>FALSO</p>".ljust(info.st_size))


def _extra(stage: Path) -> None:
    (stage / "datos/ajeno.html").write_text("ajeno")


def _missing(stage: Path) -> None:
    (stage / "logo.svg").unlink()


def _rewritten(stage: Path) -> None:
    data = (stage / manifest.MANIFEST).read_bytes()
    (stage / manifest.MANIFEST).write_bytes(data.replace(b'"drill":false', b'"drill":true '))


SPOILT = {
    "altered: index.html": _altered, "extra: datos/ajeno.html": _extra, "missing: logo.svg": _missing,
    "signature: it is not that of this manifest": _rewritten,
}  # fmt: skip


@pytest.mark.parametrize("said", SPOILT)
def test_what_was_spoilt_on_the_way_is_refused_and_heals(
    said, staged, rsync, refusal, publish, make_site, status, get, shown, tmp_path
):
    page = get("/")[1]
    cut = staged(40)
    spoilt = tmp_path / "spoilt"
    shutil.copytree(cut.directory, spoilt)
    SPOILT[said](spoilt)
    serial = status()["serial"]
    assert rsync(spoilt).returncode == 0
    assert refusal(serial).startswith(said)
    assert status()["cut"]["id"] == shown
    assert get("/")[1] == page
    assert get("/datos/ajeno.html")[0] == 404
    done = publish(make_site(41))
    assert done.code == 0, done.text


def test_a_stranger_an_older_cut_and_a_drills_are_refused(staged, rsync, refusal, status, shown, tmp_path):
    stranger = KeyRing(tmp_path / "stranger")
    (tmp_path / "stranger").mkdir()
    stranger.create(None)
    for options, said in (
        ({"minute": 50, "ring": stranger}, "none of this mirror's"),
        ({"minute": 20}, "older: cut 20220605_2020-"),
        ({"minute": 51, "drill": True}, "drill: a drill's cut, and no drill is on"),
        ({"minute": 45, "hour": 19}, "opening: a cut of 2022-06-06T00:45:00Z, before the opening"),
    ):
        cut = staged(**options)
        serial = status()["serial"]
        assert rsync(cut.directory).returncode == 0
        assert said in refusal(serial)
        assert status()["cut"]["id"] == shown


def test_the_publisher_says_why_a_mirror_refused(publish, make_site, shown):
    done = publish(make_site(20))
    assert (done.code, done.mirror["outcome"], done.mirror["attempts"]) == (2, "refused", 0)
    assert shown in done.mirror["detail"]
    done = publish(make_site(51, mark="drill"), "--drill")
    assert (done.code, done.mirror["outcome"], done.mirror["attempts"]) == (2, "refused", 1)
    assert "no drill is on" in done.mirror["detail"]


def test_links_and_bombs_do_no_harm(host, staged, rsync, status, publish, make_site, shown, tmp_path):
    hostile = tmp_path / "hostile"
    shutil.copytree(staged(40).directory, hostile)
    (hostile / "datos/fuera").symlink_to("/etc/passwd")
    assert rsync(hostile, "-l").returncode == 4
    with open(hostile / "bomba", "wb") as out:
        out.truncate(200 * 1024 * 1024)
    assert rsync(hostile, "--sparse").returncode != 0 or rsync(hostile).returncode == 0
    # A way in from inside the module, as somebody could make one who broke rsync.
    host.check_output(f"runuser -u prep -- ln -s /etc/shadow {ROOT}/incoming/fuga && echo x > {ROOT}/trigger/pushed")
    done = publish(make_site(42))
    assert done.code == 0, done.text
    assert host.run(f"test -e {ROOT}/incoming/fuga -o -e {ROOT}/current/bomba").rc == 1


def test_a_killed_push_is_healed_by_the_next(host, staged, rsync, publish, make_site, shown, tmp_path):
    partial = tmp_path / "partial"
    shutil.copytree(staged(40).directory, partial)
    (partial / "grande.zip").write_bytes(os.urandom(3_000_000))
    killed = threading.Thread(target=rsync, args=(partial, "--bwlimit=500", "--timeout=1"))
    killed.start()
    host.check_output(
        f"for i in $(seq 200); do ls {ROOT}/incoming/.grande.zip.* 2>/dev/null && exit 0; sleep 0.05; done; exit 1"
    )
    host.check_output("pkill -u prep -x rsync")
    killed.join()
    assert publish(make_site(43)).code == 0


@ON_DEBIAN_11
def test_the_gate_opens_and_drills_end_without_a_push(host, staged, rsync, refusal, status, empty):
    soon = int(host.check_output("date +%s")) + 3600
    variables = {"publication_opening_epoch": soon, "publication_drill_windows": [[0, FAR]]}
    closed = converge("--limit", host.name, "-e", json.dumps(variables))
    assert closed.returncode == 0, told(closed)
    try:
        serial = status()["serial"]
        assert rsync(staged(10).directory).returncode == 0
        assert refusal(serial).startswith("opening: ")
        assert status()["state"] == "zero"
        assert rsync(staged(12, drill=True).directory).returncode == 0
        wait_until(lambda: (status()["cut"] or {}).get("drill") is True)
        assert rsync(staged(11).directory).returncode == 0
        assert refusal(serial + 2).startswith("opening: ")
    finally:
        opened = converge("--limit", host.name)
    assert opened.returncode == 0, told(opened)
    # The drill is over, and it is time for what was pushed too early.
    wait_until(lambda: (status()["cut"] or {}).get("drill") is False)


@ON_DEBIAN_13
def test_keys_change_without_a_gap(host, staged, publish, make_site, status, refusal, rsync, shown, tmp_path):
    ring = KeyRing(tmp_path / "rotation")
    shutil.copytree(WORKSPACE / "keys", tmp_path / "rotation/keys")
    (old,) = ring.all()
    ring.create(None)
    assert rsync(staged(40, ring=ring).directory).returncode == 0  # by both, to a mirror that knows the old one
    wait_until(lambda: status()["cut"]["clock"].startswith("2022-06-05T20:40"))
    ring.retire(old.name)
    serial = status()["serial"]
    assert rsync(staged(41, ring=ring).directory).returncode == 0
    assert "none of this mirror's" in refusal(serial)
    publics = [key.public.read_text() for key in ring.all()]
    try:
        assert converge("--limit", host.name, "-e", json.dumps({"publication_public_keys": publics})).returncode == 0
        wait_until(lambda: status()["cut"]["clock"].startswith("2022-06-05T20:41"))
    finally:
        assert converge("--limit", host.name).returncode == 0


def test_the_activator_is_confined(host):
    exposure = host.check_output("systemd-analyze security prep-activator.service --no-pager | tail -1")
    assert float(exposure.split(":")[1].split()[0]) < 1.5, exposure
    assert "Unknown" not in host.run("systemd-analyze verify prep-activator.service prep-activator.timer").stderr
    account = host.check_output("systemctl show -p User prep-activator.service")
    assert account == "User=prep-activator"
    for path in (ROOT, f"{ROOT}/incoming", f"{ROOT}/trigger", "/etc", "/usr/local/lib/prep-activator"):
        # It may add to the root, where the sticky bit keeps all else from it.
        done = host.run(f"runuser -u prep-activator -- mv -T {path} {path}.moved")
        assert done.rc != 0, path


def wait_until(holds, seconds: float = 45) -> None:
    """Wait for the mirror; its timer looks every half minute."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@ON_DEBIAN_13
def test_readers_never_see_two_cuts_at_once(host, staged, rsync, get, status, empty):
    """Between two looks at the same page, JSON and CSV are of that page's cut; nothing is ever missing."""
    assert rsync(staged(0).directory).returncode == 0
    wait_until(lambda: status()["state"] == "cut")
    stop, wrong, looks, compared = threading.Event(), [], [0], [0]

    def read() -> None:
        last = None
        while not stop.is_set():
            answers = [get(path) for path in ("/index.html", "/datos/corte.json", "/datos/actas.csv")]
            page, data, table = (body for _code, body, _headers in answers)
            if any(code != 200 for code, _body, _headers in answers):
                wrong.append(str([code for code, _body, _headers in answers]))
            looks[0] += 1
            time.sleep(0.02)  # each look takes ports, and those are not endless
            again = get("/index.html")[1]
            if page == again:
                compared[0] += 1
                clock = page.split(b", ")[1][:5]
                if clock not in data or b" " + clock + b" (" not in table:
                    wrong.append(f"{clock!r}: {data!r} {table[:60]!r}")
            last = again
        assert last

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    try:
        for number in range(1, ACTIVATIONS + 1):
            cut = staged(number % 60, hour=20 + number // 60)
            assert rsync(cut.directory).returncode == 0
            wait_until(lambda cut=cut: status()["cut"]["id"] == cut.id)
    finally:
        stop.set()
        for one in readers:
            one.join()
    assert not wrong, wrong[:3]
    assert compared[0] > ACTIVATIONS and looks[0] >= compared[0]
