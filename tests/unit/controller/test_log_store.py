"""A diffuser's logs on the control node: whole or not there, resumed, never twice, and safe from what a server says."""

from __future__ import annotations

import base64
import gzip
import hashlib
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.iepc.prep.plugins.module_utils import log_reader
from ansible_collections.iepc.prep.plugins.plugin_utils import log_store
from ansible_collections.iepc.prep.plugins.plugin_utils.log_store import Changed, LeftOut, Refused, Store

LINE = b'198.51.100.1 - - [06/Jun/2022:02:00:%02d +0000] "GET / HTTP/1.1" 200 2500 "-" "Mozilla/5.0"\n'
TEXT = b"".join(LINE % number for number in range(60))
NO_LIMIT = 1 << 30
LOCKS: list[Any] = []


class Killed(Exception):
    """Stands for a run that is killed."""


class Server:
    """A directory of logs, listed by the module's own code and read as the action does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.asked: list[tuple[str, int, int]] = []
        self.left = 10**9
        """How many more chunks it gives before the run is killed."""

    def write(self, name: str, data: bytes) -> None:
        (self.directory / name).write_bytes(data)

    def list(self, store: Store) -> list[dict[str, Any]]:
        options = {
            "since": 0, "until": 2**40, "apache_directories": [str(self.directory)], "logs": {}, "max_bytes": NO_LIMIT,
            "known_sizes": store.known_sizes(),
        }  # fmt: skip
        listing = log_reader.Listing(options)
        listing.run()
        assert listing.left_out == []
        said = {"files": listing.files, "journals": [], "left_out": [], "clock": 1,
                "zone": {"since": "-0600", "until": "-0600"}}  # fmt: skip
        return list(log_store.checked(said)["files"])

    def read(self, path: str, offset: int, count: int, pack: bool) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise Killed
        self.asked.append((Path(path).name, offset, count))
        with open(path, "rb") as stream:
            stream.seek(offset)
            return stream.read(count)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(log_store, "CHUNK", 1000)
    monkeypatch.setattr(log_store, "KEEP_FREE", 0)
    return Server(tmp_path / "server")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "uno"


def store_in(directory: Path, max_file: int = NO_LIMIT, max_server: int = NO_LIMIT) -> Store:
    """A store as a new run has it: the one before is gone, and its lock with it."""
    for lock in LOCKS:
        lock.close()
    made = Store(directory, max_file, max_server)
    LOCKS[:] = [made._lock]
    return made


def collect(server: Server, directory: Path) -> Store:
    store = store_in(directory)
    for one in store.missing(server.list(store)):
        store.fetch(one, server.read)
    return store


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): gzip.decompress(path.read_bytes())
        for path in log_store.stored_files(directory)
    }


def test_whole_private_and_not_fetched_again(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    server.write("prep_error.log", b"[Sun Jun 05 20:00:00.5 2022] [core:notice] AH00094\n")
    assert collect(server, directory).fetched_files == 2
    assert contents(directory)["access/prep_access.log.gz"] == TEXT
    for path in (directory, *(path for path in directory.rglob("*") if path.name != log_store.LOCK)):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    server.asked.clear()
    again = collect(server, directory)
    assert (again.fetched_files, again.fetched_bytes, server.asked) == (0, 0, [])


def test_a_killed_run_goes_on_behind_the_last_byte(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    server.left = 3
    with pytest.raises(Killed):
        collect(server, directory)
    assert contents(directory) == {}
    server.left = 10**9
    server.asked.clear()
    done = collect(server, directory)
    assert server.asked[0][1] == 3000
    assert done.fetched_bytes == len(TEXT) - 3000
    assert contents(directory) == {"access/prep_access.log.gz": TEXT}


def test_a_killed_run_whose_log_was_rotated_and_grew_meanwhile(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    server.left = 3
    with pytest.raises(Killed):
        collect(server, directory)
    (server.directory / "prep_access.log").rename(server.directory / "prep_access.log.1")
    server.write("prep_access.log.1", TEXT + LINE % 1)
    server.write("prep_access.log", LINE % 2)
    server.left = 10**9
    assert collect(server, directory).fetched_bytes == len(TEXT) + 2 * len(LINE % 1) - 3000
    assert contents(directory) == {
        "access/prep_access.log.1.gz": TEXT + LINE % 1, "access/prep_access.log.gz": LINE % 2
    }  # fmt: skip


def test_a_part_of_another_log_is_no_beginning(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    (directory / "access").mkdir(parents=True)
    digest = hashlib.sha256(TEXT).hexdigest()[:16]
    for name in ("0" * 16, digest):
        (directory / f"access/.prep_access.log.{name}.part").write_bytes(b"x" * 500)
    collect(server, directory)
    assert server.asked[0][1] == 0
    assert contents(directory) == {"access/prep_access.log.gz": TEXT}


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_that_grew_was_rotated_and_packed_is_there_once(server: Server, directory: Path, packed: bool) -> None:
    server.write("prep_access.log", TEXT)
    collect(server, directory)
    server.asked.clear()
    longer = TEXT + LINE % 1
    (server.directory / "prep_access.log").unlink()
    if packed:
        server.write("prep_access.log-20220606.gz", gzip.compress(longer))
    else:
        server.write("prep_access.log-20220606", longer)
    done = collect(server, directory)
    assert contents(directory) == {"access/prep_access.log-20220606.gz": longer}
    assert [*done.entries] == [*store_in(directory).entries] == ["access/prep_access.log-20220606.gz"]
    if not packed:
        assert server.asked == [("prep_access.log-20220606", len(TEXT), len(LINE % 1))]
    # Packed on the server afterwards, it is still the same log.
    (server.directory / "prep_access.log-20220606").unlink(missing_ok=True)
    server.write("prep_access.log-20220606.gz", gzip.compress(longer, 1))
    assert collect(server, directory).fetched_files == 0


def test_what_is_no_longer_on_the_server_stays_here(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    collect(server, directory)
    server.write("prep_access.log", LINE % 7)
    collect(server, directory)
    assert sorted(contents(directory).values(), key=len) == [LINE % 7, TEXT]


def test_what_was_altered_here_is_fetched_again_and_said(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    collect(server, directory)
    (directory / "access/prep_access.log.gz").write_bytes(gzip.compress(b"forged\n"))
    done = collect(server, directory)
    assert done.notes == ["access/prep_access.log.gz: it was altered or removed here, and is fetched again"]
    assert contents(directory) == {"access/prep_access.log.gz": TEXT}


def test_a_log_that_changes_while_it_is_read(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    store = store_in(directory)
    (one,) = store.missing(server.list(store))
    server.write("prep_access.log", TEXT[:-1] + b"!")
    with pytest.raises(Changed):
        store.fetch(one, server.read)
    # Grown is not changed: the first bytes are those that were listed.
    server.write("prep_access.log", TEXT + LINE % 1)
    store.fetch(one, server.read)
    assert contents(directory) == {"access/prep_access.log.gz": TEXT}


def test_bounds_of_a_file_and_of_a_server(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    server.write("other_vhosts_access.log", TEXT[: len(TEXT) // 2])
    small = store_in(directory, max_file=len(TEXT) - 1)
    listed = server.list(small)
    whole = next(one for one in listed if one["size"] == len(TEXT))
    with pytest.raises(LeftOut, match="more than the"):
        small.fetch(whole, server.read)
    store = store_in(directory, max_server=len(TEXT))
    half, whole = store.missing(listed)
    store.fetch(half, server.read)
    with pytest.raises(LeftOut, match="the server has more"):
        store.fetch(whole, server.read)
    assert [*contents(directory)] == ["access/other_vhosts_access.log.gz"]


def test_a_server_that_sends_more_than_it_was_asked_for(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    store = store_in(directory)
    (one,) = store.missing(server.list(store))
    # Even what is right in the end: it was not asked for.
    with pytest.raises(Changed):
        store.fetch(one, lambda *words: TEXT)
    assert contents(directory) == {}
    bomb = base64.b64encode(gzip.compress(b"\0" * 10**7)).decode()
    assert len(log_store.unpack(bomb, 1000, zlib.MAX_WBITS | 16)) == 1001


def test_a_packed_log_that_holds_something_else_than_was_said(server: Server, directory: Path) -> None:
    server.write("prep_access.log.1.gz", gzip.compress(TEXT))
    store = store_in(directory)
    (one,) = store.missing(server.list(store))
    for lie in ({"size": 10}, {"size": len(TEXT) + 1}, {"sha256": "0" * 64}):
        with pytest.raises(LeftOut, match="not what the server said"):
            store.fetch({**one, **lie}, server.read)
    assert contents(directory) == {}


def test_a_server_that_says_that_a_log_is_another_ones_beginning(server: Server, directory: Path) -> None:
    server.write("prep_access.log", TEXT)
    collect(server, directory)
    (server.directory / "prep_access.log").unlink()
    forged = TEXT.replace(b" 200 ", b" 404 ") + LINE % 1
    server.write("prep_access.log.1.gz", gzip.compress(forged))
    store = store_in(directory)
    (one,) = store.missing(server.list(store))
    lie = {**one, "prefixes": {str(len(TEXT)): hashlib.sha256(TEXT).hexdigest()}}
    store.fetch(lie, server.read)
    assert contents(directory) == {"access/prep_access.log.1.gz": forged, "access/prep_access.log.gz": TEXT}
    # One that is not packed goes on behind what is here, and is seen through.
    server.write("prep_access.log.1", forged)
    packed = {"name": "prep_access.log.1", "packed": "", "source": str(server.directory / "prep_access.log.1")}
    with pytest.raises(Changed):
        store.fetch({**lie, **packed}, server.read)
    assert contents(directory)["access/prep_access.log.gz"] == TEXT


def test_a_journal_replaces_its_own_beginning_alone(directory: Path) -> None:
    store = store_in(directory)

    def journal(content: bytes) -> dict[str, Any]:
        return {
            "name": "journal-rsync.jsonl", "kind": "rsync", "source": "journalctl -u rsync.service", "first": 1,
            "last": 2, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
            "content": base64.b64encode(zlib.compress(content)).decode(),
        }  # fmt: skip

    store.take_journal(journal(b"1\n"))
    store.take_journal(journal(b"1\n2\n"))
    assert contents(directory) == {"rsync/journal-rsync.jsonl.gz": b"1\n2\n"}
    # The server's journal lost its beginning: what was taken of it before stays.
    store.take_journal(journal(b"2\n3\n"))
    assert sorted(contents(directory).values()) == [b"1\n2\n", b"2\n3\n"]
    with pytest.raises(Refused):
        store.take_journal({**journal(b"4\n"), "sha256": "0" * 64})
    with pytest.raises(Refused):
        store.take_journal({**journal(b"4\n"), "content": None})


GOOD = {
    "source": "/var/log/apache2/access.log", "name": "access.log", "kind": "access", "packed": "", "disk_size": 9,
    "disk_sha256": "a" * 64, "size": 9, "sha256": "a" * 64, "prefixes": {}, "first": None, "last": 1, "modified": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "lie",
    [
        {"name": "../../x", "source": "/../../x"}, {"name": ".ssh", "source": "/.ssh"}, {"kind": "../x"},
        {"name": "a/b"}, {"source": "/etc/\x1b[2J/access.log"}, {"source": "/etc/shadow"}, {"source": "access.log"},
        {"size": -1}, {"size": 2**60}, {"size": "9"}, {"size": True}, {"sha256": "A" * 64}, {"sha256": None},
        {"packed": "gz"}, {"prefixes": []}, {"prefixes": {"1": "x"}}, {"first": "now"}, {"modified": None},
    ],
)  # fmt: skip
def test_a_list_that_can_not_be_is_refused(lie: dict[str, Any]) -> None:
    said = {"files": [GOOD], "journals": [], "left_out": [], "clock": 1, "zone": {"since": "-0600", "until": "-0600"}}
    assert log_store.checked(said)["files"] == [GOOD]
    with pytest.raises(Refused):
        log_store.checked({**said, "files": [{**GOOD, **lie}]})


def test_what_people_read_of_a_server_moves_no_cursor() -> None:
    said = {"source": "\x1b[31m/x\r\n\u202e", "why": "a" * 1000}
    zone = {"since": "+0000", "until": "+0000"}
    listing = {"files": [], "journals": [], "left_out": [said], "clock": 1, "zone": zone}
    (one,) = log_store.checked(listing)["left_out"]
    assert one["source"].isprintable()
    assert len(one["why"]) == 200
    with pytest.raises(Refused):
        log_store.checked({**listing, "zone": {"since": "\x1b", "until": "+0000"}})
    with pytest.raises(Refused):
        log_store.checked({**listing, "files": [GOOD] * 10001})
