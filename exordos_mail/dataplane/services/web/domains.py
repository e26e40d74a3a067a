# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The domains that the web server answers for, as files that nginx looks up by name.

`domains/<domain>` says that it is one, `policies/<domain>` is its MTA-STS policy. One
more domain is one more file: nginx is not even reloaded.
"""

import typing as tp

from exordos_mail.dataplane.engine import files, service
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import render
from exordos_mail.standards import address, mta_sts

DOMAINS, POLICIES = "domains", "policies"
COLLECTIONS = (DOMAINS, POLICIES)


def served(state: payload_lib.Payload) -> dict[str, str]:
    """Return the policy's text of each domain, "" for none.

    A control plane that names no domains has the primary one.

    Raises:
        RehearsalFailed: a domain or a policy breaks its rule.
    """
    named = state.documents(DOMAINS) or {state.domain: {}}
    policies = state.documents(POLICIES)
    return {
        _checked(name): _policy(policies.get(name))
        for name, document in named.items()
        if _member(document, "enabled", True)
    }


def tree(domains: tp.Mapping[str, str], paths: paths_lib.Paths) -> files.Tree:
    """Return the files of these domains."""
    made = {f"{paths.domains}/{name}": b"" for name in domains}
    made |= {
        f"{paths.policies}/{name}": policy.encode("ascii")
        for name, policy in domains.items()
        if policy
    }
    return {path: files.Recipe.of(render.file(made[path])) for path in made}


def _checked(name: str) -> str:
    try:
        return address.check_domain(name)
    except address.AddressPartError:
        raise service.RehearsalFailed("the name of a domain breaks its rule") from None


def _policy(document: object) -> str:
    text = _member(document, "policy", None)
    if text is None:
        return ""
    try:
        mta_sts.parse(str(text))
    except mta_sts.PolicyError as exc:
        raise service.RehearsalFailed(f"the policy of a domain: {exc}") from None
    return str(text)


def _member(document: object, name: str, default: object) -> object:
    return document.get(name, default) if isinstance(document, dict) else default
