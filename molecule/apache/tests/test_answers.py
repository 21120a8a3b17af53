"""What a client, a cache and a CDN are told: variants, tags, times, lifetimes."""

from __future__ import annotations

import pytest

GZIP = "Accept-Encoding: gzip"
BROTLI = "Accept-Encoding: gzip, br"
# datos.csv lies there with .gz and .br beside it, solo.csv alone.
PATHS = ("/datos.csv", "/solo.csv", "/", "/index.html")


@pytest.fixture(params=["http", "https"])
def base(request, host) -> str:
    return f"{request.param}://{host.address}"


def size(host, name: str) -> int:
    return host.file(f"/srv/prep/current/{name}").size


@pytest.mark.parametrize(
    ("accepts", "encoding", "file"),
    [
        (GZIP, "gzip", "datos.csv.gz"),
        (BROTLI, "br", "datos.csv.br"),
        ("Accept-Encoding: deflate, gzip;q=0.5", "gzip", "datos.csv.gz"),
        ("Accept-Encoding: gzip;q=0, br;q=0.0", None, "datos.csv"),
        ("Accept-Encoding: x-gzipped", None, "datos.csv"),
        ("Accept-Encoding:", None, "datos.csv"),
    ],
)
def test_the_variant_that_the_client_takes_is_sent_as_it_lies_there(host, ask, base, accepts, encoding, file):
    for method in ("GET", "HEAD"):
        answer = ask(f"{base}/datos.csv", accepts, method=method)
        assert (answer.status, answer["content-encoding"]) == (200, encoding)
        assert answer["content-type"] == "text/csv"
        assert answer["vary"] == "Accept-Encoding"
        assert int(answer["content-length"]) == size(host, file)
        assert answer.length == (size(host, file) if method == "GET" else 0)


def test_each_variant_has_a_tag_of_its_own(ask, base):
    tags = [ask(f"{base}/datos.csv", accepts)["etag"] for accepts in (GZIP, BROTLI, "Accept-Encoding:")]
    tags.append(ask(f"{base}/solo.csv", GZIP)["etag"])
    assert None not in tags and len(set(tags)) == len(tags), tags


def test_a_file_without_a_twin_is_compressed_on_the_way(host, ask, base):
    answer = ask(f"{base}/solo.csv", GZIP)
    assert (answer["content-encoding"], answer["vary"], answer["content-type"]) == (
        "gzip",
        "Accept-Encoding",
        "text/csv",
    )
    assert 0 < answer.length < size(host, "solo.csv") / 2


def test_a_twin_that_was_taken_away_is_not_missed(host, ask, base):
    host.check_output("mv /srv/prep/current/datos.csv.gz /srv/prep/aside.gz")
    try:
        answer = ask(f"{base}/datos.csv", GZIP)
        assert (answer.status, answer["content-encoding"]) == (200, "gzip")
        assert answer["etag"].endswith('-gzip"')
    finally:
        host.check_output("mv /srv/prep/aside.gz /srv/prep/current/datos.csv.gz")


def test_a_twin_whose_file_is_gone_does_not_stand_in_for_it(host, ask, base):
    host.check_output("mv /srv/prep/current/datos.csv /srv/prep/aside.csv")
    try:
        assert ask(f"{base}/datos.csv", GZIP).status == 404
    finally:
        host.check_output("mv /srv/prep/aside.csv /srv/prep/current/datos.csv")


def test_a_compressed_file_asked_for_by_its_name_is_a_download(host, ask, base):
    answer = ask(f"{base}/datos.csv.gz", GZIP)
    assert answer["content-encoding"] is None
    assert answer["content-type"] in ("application/gzip", "application/x-gzip")
    assert answer.length == size(host, "datos.csv.gz")


@pytest.mark.parametrize("accepts", [GZIP, BROTLI, "Accept-Encoding:"])
@pytest.mark.parametrize("path", PATHS)
def test_who_has_it_already_gets_304_with_the_same_tag(ask, base, path, accepts):
    first = ask(base + path, accepts)
    again = ask(base + path, accepts, f"If-None-Match: {first['etag']}")
    assert (again.status, again.length) == (304, 0)
    for name in ("etag", "cache-control", "vary", "content-security-policy"):
        assert again[name] == first[name], name
    assert ask(base + path, accepts, f"If-Modified-Since: {first['last-modified']}").status == 304
    assert ask(base + path, accepts, 'If-None-Match: "another"').status == 200


def test_one_variants_tag_is_not_taken_for_anothers(ask, base):
    tag = ask(f"{base}/datos.csv", GZIP)["etag"]
    assert ask(f"{base}/datos.csv", BROTLI, f"If-None-Match: {tag}").status == 200
    assert ask(f"{base}/datos.csv", "Accept-Encoding:", f"If-None-Match: {tag}").status == 200


@pytest.mark.parametrize(("accepts", "file"), [(GZIP, "datos.csv.gz"), ("Accept-Encoding:", "datos.csv")])
def test_a_range_is_one_of_the_variant(host, ask, base, accepts, file):
    whole = ask(f"{base}/datos.csv", accepts)
    part = ask(f"{base}/datos.csv", accepts, "Range: bytes=10-19", f"If-Range: {whole['etag']}")
    assert (part.status, part.length) == (206, 10)
    assert part["content-range"] == f"bytes 10-19/{size(host, file)}"
    assert (part["etag"], part["content-encoding"]) == (whole["etag"], whole["content-encoding"])
    assert ask(f"{base}/datos.csv", accepts, "Range: bytes=10-19", 'If-Range: "another"').status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("accepts", [GZIP, BROTLI, "Accept-Encoding:"])
@pytest.mark.parametrize("path", PATHS)
def test_two_mirrors_answer_alike(ask, mirrors, scheme, path, accepts):
    """Same bytes, same time of the file: a CDN with several origins never sees two states in turn."""
    one, other = (ask(f"{scheme}://{address}{path}", accepts) for address in mirrors)
    assert one.status == 200
    for name in ("etag", "last-modified", "content-type", "content-encoding", "vary", "cache-control"):
        assert one[name] == other[name], name


@pytest.mark.parametrize("path", ["/", "/datos.csv", "/nada", "/.well-known/acme-challenge/nada"])
def test_nobody_keeps_an_answer_beyond_the_minute(ask, base, path):
    answer = ask(base + path, GZIP)
    kept = dict(part.strip().partition("=")[::2] for part in answer["cache-control"].split(","))
    if "no-store" not in kept:
        # A browser keeps it as long again as the CDN that it got it from.
        assert int(kept["max-age"]) + int(kept["s-maxage"]) <= 60
        assert "must-revalidate" in kept


def test_the_state_is_never_a_caches_memory(ask, base):
    answer = ask(f"{base}/status.json")
    assert (answer.status, answer["cache-control"]) == (200, "no-store")


def test_portals_and_nobody_else_may_frame_it(ask, base):
    answer = ask(f"{base}/")
    wanted = "frame-ancestors 'self' https://www.example.org:8443 http://radio.example.net"
    assert answer["content-security-policy"] == wanted
    assert answer["x-frame-options"] is None


def test_https_is_not_forced(ask, host):
    assert ask(f"http://{host.address}/").status == 200


def test_the_server_says_no_more_than_it_must(ask, base):
    answer = ask(f"{base}/", method="TRACE")
    assert answer.status in (403, 405)
    assert ask(f"{base}/")["server"] == "Apache"
    assert ask(f"{base}/")["upgrade"] is None
    assert ask(f"{base}/icons/").status == 404
    assert ask(f"{base}/server-status").status == 404
