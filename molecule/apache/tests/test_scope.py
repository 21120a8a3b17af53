"""Nothing is loaded, answers or gets in that was not meant to."""

from __future__ import annotations

import re

import pytest

ALLOWED = {
    *("alias", "allowmethods", "authz_core", "deflate", "dir", "filter", "headers", "http2", "mime", "mpm_event"),
    *("reqtimeout", "rewrite", "setenvif", "socache_shmcb", "ssl"),
}


def loaded(host) -> set[str]:
    """Return the modules that the running server has in its memory, whatever its files say."""
    maps = host.check_output("cat /proc/$(cat /var/run/apache2/apache2.pid)/maps")
    return set(re.findall(r"/mod_(\w+)\.so$", maps, re.MULTILINE))


def test_only_the_modules_of_the_list_are_in_memory(host):
    assert loaded(host) <= ALLOWED
    assert {"ssl", "rewrite", "mpm_event", "http2"} <= loaded(host)


def test_a_module_beyond_the_list_is_taken_out(host, converge):
    host.check_output("a2enmod -q expires && systemctl reload apache2")
    assert "expires" in loaded(host)
    done = converge(host.name)
    assert done.returncode == 0, done.stdout
    assert "expires" not in loaded(host)
    assert re.search(r"changed=1\b", done.stdout)


@pytest.fixture
def foreign_site(host, converge):
    """A site that was there before; a second run leaves the server as it was."""

    def write(text: str) -> None:
        host.check_output("printf %%s %s > /etc/apache2/sites-enabled/otro.conf", text)

    yield write
    host.check_output("rm -f /etc/apache2/sites-enabled/otro.conf && systemctl reload apache2")


def test_a_module_that_a_foreign_site_loads_is_named(host, converge, foreign_site):
    foreign_site("LoadModule status_module /usr/lib/apache2/modules/mod_status.so\n")
    done = converge(host.name)
    assert done.returncode != 0
    assert "modules beyond the list are loaded: status" in done.stdout


def test_a_site_that_answers_in_our_place_is_named_and_can_be_left_out(host, converge, foreign_site, ask):
    foreign_site(f"<VirtualHost {host.address}:80>\nServerName otro.example.org\nRedirect 410 /\n</VirtualHost>\n")
    host.check_output("systemctl reload apache2")
    assert ask(f"http://{host.address}/").status == 410
    done = converge(host.name)
    assert done.returncode != 0
    assert f"{host.address}:80 is answered by otro.example.org" in done.stdout

    assert converge(host.name, apache_other_sites="disable").returncode == 0
    assert ask(f"http://{host.address}/").status == 200
    assert not host.file("/etc/apache2/sites-enabled/otro.conf").exists


BAD = {
    "apache_domain": ("a.example.org\nListen 81", "apache_domain: expected one line of text"),
    "apache_aliases": (["b c"], "apache_aliases[0]: expected a host name"),
    "apache_admin": ('utc@example.org" "x', "apache_admin: expected an e-mail address"),
    "apache_document_root": ('/srv/x">', "apache_document_root: expected an absolute path"),
    "apache_frame_ancestors": (["https://ok.example.org", 'x" "y'], "apache_frame_ancestors[1]: expected a URL"),
    "apache_cache_seconds": (90, "apache_cache_seconds: expected a whole number from 0 to 30, got 90"),
    "apache_cdn_ranges": (["10.0.0.1/8"], "apache_cdn_ranges[0]: expected a network without host bits"),
    "apache_cdn_header": ("X Forwarded", "apache_cdn_header: expected the name of an HTTP header"),
    "apache_tls_ciphers": ("HIGH SSLProtocol all", "apache_tls_ciphers: expected an OpenSSL cipher list"),
    "apache_extra_modules": (["status.so"], "apache_extra_modules[0]: expected a module's name"),
    "apache_acme_directory_url": ("acme.example.org", "apache_acme_directory_url: expected a URL"),
    "apache_acme_terms_agreed": (False, "apache_acme_terms_agreed: expected true"),
}


def test_what_is_malformed_is_named_before_anything_changes(host, converge):
    """All at once: each has its own words, and the whole is one line."""
    done = converge(host.name, **{name: value for name, (value, _words) in BAD.items()})
    assert done.returncode != 0
    assert re.search(r"changed=0\b", done.stdout), done.stdout
    line = next(line for line in done.stdout.splitlines() if "apache_domain: expected" in line)
    for _value, words in BAD.values():
        assert words in line.replace('\\"', '"'), words


def test_a_key_that_is_no_key_is_not_shown(host, converge):
    done = converge(host.name, apache_tls_mode="files", apache_tls_certificate="x", apache_tls_key="my-own-secret")
    assert done.returncode != 0
    assert "apache_tls_key: expected PEM text" in done.stdout
    assert "my-own-secret" not in done.stdout
