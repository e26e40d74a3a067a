# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Programs of others that judge a domain, run where a client of the stand stands.

Each function returns what the judge found wrong, "" when nothing.
"""

import json
import os
import pathlib
import subprocess
import typing as tp

from tests.stand import pace

ROOT = pathlib.Path(os.environ.get("EXORDOS_LAB_ROOT", "/nonexistent"))
CHECKDMARC = pathlib.Path(os.environ.get("EXORDOS_CHECKDMARC", "/nonexistent"), "bin")
SSLYZE = pathlib.Path(os.environ.get("EXORDOS_SSLYZE", "/nonexistent"), "bin")
TIMEOUT = 480  # seconds; half a minute, of a machine that is busy

# Files for the judges are in /mnt; what they write is gone with them.
_ENTER = """
mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
mount --bind "$2" "$1/mnt"
[ ! -e "$1/etc/postfix" ] || mount --bind "$2/main.cf" "$1/etc/postfix/main.cf"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs tmpfs "$1/run"
root=$1
shift 2
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp "$@"
"""


#: posttls-finger wants a postfix, of which this is enough.
MAIN_CF = "compatibility_level = 3.6\nsmtp_dns_support_level = dnssec\n"


def prepare(files: pathlib.Path) -> None:
    """Write what judges find in their directory."""
    (files / "main.cf").write_text(MAIN_CF)


def run(files: pathlib.Path, *argv: str) -> str:
    """Run a judge of Debian's; return all that it prints, whatever its status."""
    return _output(command(ROOT, files, *argv))


def command(root: pathlib.Path, files: pathlib.Path, *argv: str) -> list[str]:
    """Return the command that runs a program of a root file system.

    Args:
        root: the root file system.
        files: what the program sees as /mnt.
        argv: the program and its arguments.
    """
    enter = ["unshare", "--mount", "--propagation", "private", "bash", "-ec", _ENTER]
    return [*enter, "bash", str(root), str(files), *argv]


def _output(argv: tp.Sequence[str], env: tp.Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        env={**os.environ, **(env or {})},
    )
    return done.stdout.decode(errors="replace")


def _last(text: str, lines: int = 3) -> str:
    return " / ".join(text.strip().splitlines()[-lines:])[-400:] or "it says nothing"


def delv(files: pathlib.Path, name: str, kind: str) -> str:
    """Judge the chain of signatures from the root."""
    text = run(files, "delv", "-a", "/mnt/bind.keys", "+root=.", name, kind)
    return "" if "; fully validated" in text else _last(text)


def checkdmarc(ca: pathlib.Path, domain: str, resolver: str) -> str:
    """Judge all policies of a domain but BIMI, which we do not publish."""
    argv = [
        str(CHECKDMARC / "checkdmarc"),
        domain,
        "--nameserver",
        resolver,
        "-f",
        "json",
    ]
    text = _output(argv, {"REQUESTS_CA_BUNDLE": str(ca), "SSL_CERT_FILE": str(ca)})
    try:
        found = json.loads(text[text.index("{") :])
        found.pop("bimi", None)
    except ValueError:
        return _last(text)
    return "; ".join(complaints(found))[:600]


def complaints(found: tp.Any, where: str = "") -> list[str]:
    """Return every error and warning of checkdmarc's JSON, with where it stands."""
    if isinstance(found, list):
        return [text for one in found for text in complaints(one, where)]
    if not isinstance(found, dict):
        return []
    texts = []
    for name, value in found.items():
        if name in ("error", "warnings") and value:
            texts.append(f"{where or 'domain'}: {value}")
        else:
            texts += complaints(value, f"{where}.{name}".strip("."))
    return texts


def posttls(files: pathlib.Path, domain: str) -> str:
    """Judge DANE at the servers of a domain: the last word of posttls-finger."""
    options = ("-t", "20", "-c", "-l", "dane", "-L", "summary,certmatch")
    return run(files, "posttls-finger", *options, domain).strip()


def mta_sts(files: pathlib.Path, domain: str) -> str:
    """Judge the MTA-STS policy of a domain: what mta-sts-query prints."""
    command = ("env", "SSL_CERT_FILE=/mnt/ca.pem", "mta-sts-query", domain)
    return run(files, *command).strip()


def testssl(files: pathlib.Path, target: str, starttls: bool) -> str:
    """Judge protocols, ciphers and certificate of a port.

    A check that came to no connection is no verdict: all is asked once more.
    """
    found = _testssl(files, target, starttls)
    if "connect problem" in found:
        found = _testssl(files, target, starttls)
    return found


def _testssl(files: pathlib.Path, target: str, starttls: bool) -> str:
    name = f"testssl.{target.rpartition(':')[2]}.json"
    out = files / name
    out.unlink(missing_ok=True)
    options = [
        "--quiet",
        "--color",
        "0",
        "--warnings",
        "off",
        "--fast",
        "-n",
        "min",
        "-p",
        "-S",
    ]
    options += ["-U", "--jsonfile", f"/mnt/{name}"]
    options += ["--add-ca", "/mnt/ca.pem"] if (files / "ca.pem").stat().st_size else []
    options += ["-t", "smtp"] if starttls else []
    text = run(files, "testssl", *options, target)
    if not out.exists():
        return _last(text)
    lines = [one for one in json.loads(out.read_text()) if not _is_fine(one)]
    return "; ".join(f"{one['id']}: {one['finding']}" for one in lines)[:400]


def _is_fine(finding: tp.Mapping[str, str]) -> bool:
    name, text = finding["id"], finding["finding"]
    # The laboratory's authority has no revocation; nobody has CAA there.
    quiet = name.startswith(("cert_revocation", "DNS_CAA", "cert_crl"))
    # What testssl says of its own tools is no finding about the server.
    own = name == "engine_problem" or "not supported by local OpenSSL" in text
    return quiet or own or finding["severity"] in ("OK", "INFO", "LOW", "DEBUG")


#: What sslyze is asked beside the certificate: options, and what must not be.
_OLD = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")
_WEAK = (
    ("heartbleed", "is_vulnerable_to_heartbleed"),
    ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
    ("tls_compression", "supports_compression"),
    ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos"),
)
_SSLYZE = "--certinfo --sslv2 --sslv3 --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3"
_SSLYZE += " --heartbleed --openssl_ccs --compression --reneg --mozilla_config=disable"


def sslyze(ca: pathlib.Path, target: str, starttls: bool) -> str:
    """Judge the certificate as strict stores see it, old protocols and known holes."""
    options = [*_SSLYZE.split(), "--certinfo_ca_file", str(ca), "--json_out=-"]
    command = [str(SSLYZE / "python"), "-m", "sslyze", *options]
    if starttls:
        host, _, port = target.rpartition(":")
        with pace.door(host, int(port)):
            there = f"{target}{{{pace.HERE}}}"
            text = _output([*command, "--starttls=smtp", "--slow_connection", there])
    else:
        text = _output([*command, target])
    try:
        scan = json.loads(text[text.index("{") :])["server_scan_results"][0]
    except (ValueError, KeyError, IndexError):
        return _last(text)
    found = scan["scan_result"]
    if not found:
        return f"{scan['scan_status']}: {scan['connectivity_error_trace']}"[-400:]
    return "; ".join(_faults(found))[:400]


def _faults(found: tp.Mapping[str, tp.Any]) -> tp.Iterator[str]:
    """Yield what is wrong in the `scan_result` of sslyze's JSON."""
    chains = _result(found, "certificate_info").get("certificate_deployments", [])
    for chain in chains:
        for one in chain["path_validation_results"]:
            own = one["trust_store"]["name"] == "Supplied CA file"
            if own and not one["was_validation_successful"]:
                yield f"certificate: {one['validation_error']}"
    if not chains:
        yield "no certificate was shown"
    for name in _OLD:
        for one in _result(found, f"{name}_cipher_suites")["accepted_cipher_suites"]:
            yield f"{name}: {one['cipher_suite']['name']}"
    new = [_result(found, f"tls_1_{one}_cipher_suites") for one in (2, 3)]
    if not any(one["accepted_cipher_suites"] for one in new):
        yield "neither TLS 1.2 nor 1.3"
    for name, fault in _WEAK:
        if _result(found, name)[fault]:
            yield f"{name}: {fault}"


def _result(found: tp.Mapping[str, tp.Any], name: str) -> tp.Mapping[str, tp.Any]:
    """Return what sslyze found, or raise with why it found nothing."""
    one = found[name]
    if one["status"] != "COMPLETED":
        raise RuntimeError(f"{name}: {one['error_reason']} {one['error_trace']}"[-300:])
    return tp.cast(tp.Mapping[str, tp.Any], one["result"])
