# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's nginx and the wanted records, judged as a sender by mta-sts-query."""

import contextlib
import dataclasses
import pathlib
import subprocess
import typing as tp

import pytest

from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import render
from exordos_mail.standards import mta_sts
from exordos_mail.standards.dns import wanted
from tests import lab
from tests.stand import progress

_DOMAIN, _HOST, _ADDRESS = "example.com", "mail.example.com", "203.0.113.25"
_ENFORCED = mta_sts.Policy(mta_sts.ENFORCE, (_HOST,), 1_209_600)


@dataclasses.dataclass
class _Web:
    """An nginx with the configuration of a node."""

    net: lab.Internet
    paths: paths_lib.Paths

    def serve(self, policy: mta_sts.Policy | None) -> None:
        """Serve a policy, and publish the records that go with it."""
        path = pathlib.Path(self.paths.policies, _DOMAIN)
        path.unlink(missing_ok=True)
        if policy is not None:
            path.write_bytes(policy.text.encode())
        facts = wanted.Facts(
            domain=_DOMAIN,
            hostname=_HOST,
            ipv4s=(_ADDRESS,),
            receives=True,
            mta_sts_id=policy.id if policy is not None else None,
        )
        self.net.set(f"_mta-sts.{_DOMAIN}", "TXT", [])
        for record in wanted.wanted(facts):
            value = [record.value]
            if record.purpose in ("host", "mx", "web", "mta_sts") and (
                # Knot removes a CNAME that is replaced by itself.
                self.net.get(record.name, record.type) != value
            ):
                self.net.set(record.name, record.type, value)

    def is_judged(self, *words: str) -> None:
        """Wait until a sender finds a policy with all of these words."""
        trust = "SSL_CERT_FILE=/mnt/web/cert.pem"

        def judge() -> bool:
            said = self.net.run("env", trust, "mta-sts-query", _DOMAIN)
            return all(word in said for word in words)

        progress.until(judge, 20, f"mta-sts-query says {words}", pause=0.1)


@pytest.fixture
def web(signed_internet: lab.Internet) -> tp.Iterator[_Web]:
    base = signed_internet.home / "web"
    paths = dataclasses.replace(
        paths_lib.Paths(),
        directory=f"{base}/etc",
        run_dir=f"{base}/run",
        cache_dir=f"{base}/run",
        data_dir=f"{base}/data",
        http=(f"{_ADDRESS}:80",),
        https=(f"{_ADDRESS}:443",),
    )
    for path in (paths.run_dir, paths.domains, paths.policies, paths.directory):
        pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    pathlib.Path(paths.domains, _DOMAIN).touch()
    site = render.Site((_HOST, f"mta-sts.{_DOMAIN}"), "1")
    tls = pathlib.Path(site.certificate(paths)).parent
    tls.mkdir(parents=True, exist_ok=True)
    names = ",".join(f"DNS:{name}" for name in site.names)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={_HOST}"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", site.key(paths), "-out", site.certificate(paths)),
        ],
        check=True,
        capture_output=True,
    )
    certificate = pathlib.Path(site.certificate(paths)).read_bytes()
    (base / "cert.pem").write_bytes(certificate)
    own = render.Names(_HOST, _DOMAIN)
    for path, file in render.configuration((site,), own, "", paths).items():
        # The machine has no user of that name.
        pathlib.Path(path).write_bytes(
            file.content.replace(b"daemon off;", b"daemon off;\nuser root;")
        )
    with _running(signed_internet, paths):
        yield _Web(signed_internet, paths)


@contextlib.contextmanager
def _running(net: lab.Internet, paths: paths_lib.Paths) -> tp.Iterator[None]:
    command = net.namespace.command_here("nginx", "-e", "stderr", "-c", paths.conf)
    with subprocess.Popen(command) as process:
        pid_file = pathlib.Path(paths.pid_file)
        try:
            progress.until(pid_file.exists, 10, "nginx listens", pause=0.02)
            yield
        finally:
            process.terminate()


def test_sender_finds_the_policy_valid(web: _Web) -> None:
    web.serve(_ENFORCED)
    web.is_judged("VALID", _ENFORCED.id, f"'mx': ['{_HOST}']", "'mode': 'enforce'")


def test_sender_finds_a_policy_that_goes_and_then_none(web: _Web) -> None:
    web.serve(mta_sts.Policy(mta_sts.NONE, (_HOST,), 86_400))
    web.is_judged("VALID", "'mode': 'none'")
    web.serve(None)
    web.is_judged("STSFetchResult.NONE")


def test_record_without_its_policy_is_found_out(web: _Web) -> None:
    """So the judge does look at what nginx serves."""
    web.serve(_ENFORCED)
    web.is_judged("VALID")
    pathlib.Path(web.paths.policies, _DOMAIN).unlink()
    web.is_judged("FETCH_ERROR")
