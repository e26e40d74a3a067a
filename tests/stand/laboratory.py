# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The root file systems of servers and judges: for tests/lab and for the demo."""

import json
import pathlib

from tests.stand import cache, rootfs, settings

SERVERS = ("knot", "nsd", "unbound", "pebble")
#: Programs that judge what they see: delv, posttls-finger, mta-sts-query, testssl.
JUDGES = ("bind9-dnsutils", "postfix", "postfix-mta-sts-resolver", "testssl.sh")
TOOLS = ("procps", "curl")


def root(store: cache.Cache | None = None) -> pathlib.Path:
    """Return the root file system, building it when it is missing."""
    store = store or cache.Cache(settings.Settings.load().cache)
    lower, digest = rootfs.debian(store)
    packages = SERVERS + JUDGES + TOOLS

    def build(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        policy = path / "usr/sbin/policy-rc.d"
        settings.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
        run = rootfs.Builder(path, store.log("lab"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", *packages)
        # posttls-finger wants it and Debian's package makes it in a dialogue only.
        run("cp", "/usr/share/postfix/main.cf.dist", "/etc/postfix/main.cf")
        run.finish()

    digest = cache.key(digest, " ".join(packages))
    title = "signed internet of the tests: name servers, pebble, judges"
    return store.get("lab", digest, title, build)


#: Seen from inside: whom Thunderbird trusts besides, and asks nobody else.
_POLICIES = {
    "policies": {
        "Certificates": {"Install": ["/mnt/authority.pem"]},
        "DisableAppUpdate": True,
        "DisableTelemetry": True,
    }
}


def thunderbird(store: cache.Cache | None = None) -> pathlib.Path:
    """Return a root file system with Thunderbird, building it when it is missing.

    It is large, and only the demo of domains wants it.
    """
    store = store or cache.Cache(settings.Settings.load().cache)
    lower, digest = rootfs.debian(store)

    def build(path: pathlib.Path) -> None:
        rootfs.copy(lower, path)
        run = rootfs.Builder(path, store.log("thunderbird"))
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", "thunderbird")
        policies = path / "usr/lib/thunderbird/distribution/policies.json"
        settings.write(policies, json.dumps(_POLICIES))
        run.finish()

    digest = cache.key(digest, json.dumps(_POLICIES))
    title = "Thunderbird, as a judge of settings"
    return store.get("thunderbird", digest, title, build)
