#!/usr/bin/python
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A certificate from an ACME directory, asked for by certbot and handed to whoever serves it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: acme_certificate
short_description: Have certbot hold a certificate and hand it over, or say in one line why there is none
version_added: "0.1.0"
description:
  - Has certbot (1.10 and later) get a certificate for O(domains) by http-01 in O(webroot) unless it holds one that
    fits, and sees that O(deploy_hook) has handed it over. certbot remembers the hook, so renewals by its own timer
    hand over likewise.
  - A certificate that can't be had is a warning and not a failure unless O(required=true); whatever is served at
    the moment stays.
options:
  name:
    description: certbot's name for the certificate.
    type: str
    required: true
  domains:
    description: The names in the certificate.
    type: list
    elements: str
    required: true
  directory_url:
    description: URL of the ACME directory.
    type: str
    required: true
  ca_file:
    description: File with the certificates that vouch for the directory's own; the system's are used without it.
    type: path
  email:
    description: Address that the ACME account is registered with.
    type: str
    default: ""
  webroot:
    description: Directory that is served at C(/) of each name, as far as challenges go.
    type: path
    required: true
  deploy_hook:
    description: Program that takes C(RENEWED_LINEAGE) from its environment, checks the pair there and hands it over.
    type: path
    required: true
  deployed:
    description: Where the hook puts the certificate with its chain; compared with certbot's.
    type: path
    required: true
  required:
    description: Whether it is a failure to get none.
    type: bool
    default: false
  config_dir:
    description: certbot's directory.
    type: path
    default: /etc/letsencrypt
author:
  - iepc.prep contributors (@iepc-prep)
attributes:
  check_mode:
    description: Says whether a certificate would be asked for.
    support: full
"""

EXAMPLES = r"""
- name: Get a certificate and have Apache serve it
  iepc.prep.acme_certificate:
    name: mirror.example.org
    domains: [mirror.example.org]
    directory_url: https://acme-v02.api.letsencrypt.org/directory
    webroot: /var/www/prep-acme
    deploy_hook: /usr/local/sbin/prep-deploy-certificate
    deployed: /etc/ssl/prep/acme/certificate.pem
"""

RETURN = r"""
issued:
  description: Whether a certificate of O(directory_url) is held and was handed over.
  returned: always
  type: bool
problem:
  description: Why not, in one line; empty when all is well.
  returned: always
  type: str
msg:
  description: The warning, with the names and the directory.
  returned: when there is a problem
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_text
from ansible_collections.iepc.prep.plugins.module_utils import certbot_text


def text_of(path):
    """A file's text; empty when there is none."""
    try:
        with open(path, "rb") as handle:
            return to_text(handle.read(), errors="replace")
    except (IOError, OSError):
        return ""


class Certificate(object):
    """What certbot holds under a name, beside what it should hold."""

    def __init__(self, module):
        self.module = module
        self.wanted = module.params
        self.live = os.path.join(self.wanted["config_dir"], "live", self.wanted["name"])
        self.chain = os.path.join(self.live, "fullchain.pem")

    @property
    def held(self):
        """Whether certbot has one at all, right or not."""
        return os.path.exists(self.chain)

    def fits(self):
        """Whether it has the names asked for, from the directory asked for, by our hook, and is still valid."""
        kept = certbot_text.renewal_settings(
            text_of(os.path.join(self.wanted["config_dir"], "renewal", self.wanted["name"] + ".conf"))
        )
        if kept.get("server") != self.wanted["directory_url"] or kept.get("renew_hook") != self.wanted["deploy_hook"]:
            return False
        if kept.get("webroot_path", "").strip(", []'\"") != self.wanted["webroot"]:
            return False
        rc, out, _err = self.module.run_command(
            ["openssl", "x509", "-noout", "-text", "-checkend", "0", "-in", self.chain]
        )
        return rc == 0 and certbot_text.names_in(out) == set(name.lower() for name in self.wanted["domains"])

    def is_deployed(self):
        """Whether what is served is what certbot holds."""
        return self.held and text_of(self.wanted["deployed"]) == text_of(self.chain)

    def ask(self):
        """Ask for it; why there is none, or an empty text."""
        argv = [
            "certbot", "certonly", "--non-interactive", "--agree-tos", "--webroot",
            "--webroot-path", self.wanted["webroot"], "--cert-name", self.wanted["name"],
            "--server", self.wanted["directory_url"], "--config-dir", self.wanted["config_dir"],
            # The cheapest handshake for a crowd, and known to whatever speaks ECDHE.
            "--key-type", "ecdsa", "--elliptic-curve", "secp256r1",
            "--deploy-hook", self.wanted["deploy_hook"],
        ]  # fmt: skip
        if self.wanted["email"]:
            argv += ["--email", self.wanted["email"], "--no-eff-email"]
        else:
            argv.append("--register-unsafely-without-email")
        if self.held:
            argv += ["--force-renewal", "--renew-with-new-domains"]
        for domain in self.wanted["domains"]:
            argv += ["--domain", domain]
        environment = {"LC_ALL": "C", "LANG": "C"}
        if self.wanted["ca_file"]:
            environment["REQUESTS_CA_BUNDLE"] = self.wanted["ca_file"]
        rc, out, err = self.module.run_command(argv, environ_update=environment)
        return "" if rc == 0 else certbot_text.reason(to_text(err) + "\n" + to_text(out))

    def deploy(self):
        """Hand it over; why that failed, or an empty text."""
        rc, out, err = self.module.run_command(
            [self.wanted["deploy_hook"]], environ_update={"RENEWED_LINEAGE": self.live, "LC_ALL": "C"}
        )
        return "" if rc == 0 else (to_text(err) + to_text(out)).strip() or "the deploy hook failed"


def run(module):
    """Ask where needed, hand over where needed, and report."""
    certificate = Certificate(module)
    asked = not (certificate.held and certificate.fits())
    if not asked and certificate.is_deployed():
        module.exit_json(changed=False, issued=True, problem="")
    if module.check_mode:
        module.exit_json(changed=True, issued=not asked, problem="")
    before = text_of(module.params["deployed"])
    problem = certificate.ask() if asked else ""
    if not problem and not certificate.is_deployed():
        problem = certificate.deploy()
    changed = text_of(module.params["deployed"]) != before
    if not problem:
        module.exit_json(changed=changed, issued=True, problem="")
    line = "no certificate for %s from %s, what was served stays: %s" % (
        ", ".join(module.params["domains"]), module.params["directory_url"], problem)  # fmt: skip
    if module.params["required"]:
        module.fail_json(msg=line, issued=False, problem=problem)
    module.warn(line)
    module.exit_json(changed=changed, issued=False, problem=problem, msg=line)


def main():
    """Read the parameters; :func:`run` does the work."""
    run(
        AnsibleModule(
            argument_spec={
                "name": {"type": "str", "required": True},
                "domains": {"type": "list", "elements": "str", "required": True},
                "directory_url": {"type": "str", "required": True},
                "ca_file": {"type": "path"},
                "email": {"type": "str", "default": ""},
                "webroot": {"type": "path", "required": True},
                "deploy_hook": {"type": "path", "required": True},
                "deployed": {"type": "path", "required": True},
                "required": {"type": "bool", "default": False},
                "config_dir": {"type": "path", "default": "/etc/letsencrypt"},
            },
            supports_check_mode=True,
        )
    )


if __name__ == "__main__":
    main()
