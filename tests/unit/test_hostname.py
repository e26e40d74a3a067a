# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which host name an instance has, and which it may have."""

import uuid as sys_uuid

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import zone_options
from exordos_mail.controlplane.dm import exceptions, models
from exordos_mail.standards import hostname, rule

ONE = sys_uuid.UUID("3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f")
ZONE = "mail.cloud.example"


def made(**given: str) -> models.MailInstance:
    """Return an instance that no database knows."""
    version = models.MailVersion(name="v", image="http://images.test/x")
    return models.MailInstance(
        **{
            "uuid": ONE,
            "name": "m",
            "project_id": ONE,
            "domain": "example.com",
            "cpu": 1,
            "ram": 1024,
            "disk_size": 10,
            "version": version,
            **given,
        }
    )


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> str:
    """The operator has a zone."""
    monkeypatch.setattr(zone_options, "name", lambda: ZONE)
    return ZONE


def test_without_a_zone_it_is_below_the_domain() -> None:
    assert made().hostname == "mail.example.com"
    long = ".".join(["a" * 61] * 4 + ["bb"])
    assert len(long) == 250
    assert hostname.default(ONE, long, "") == long


def test_with_a_zone_it_is_in_the_zone(zone: str) -> None:
    assert made().hostname == f"mx-3f0c2a4e.{zone}"


@pytest.mark.parametrize("name", ["example.com", "mail.example.com", "a.b.example.com"])
def test_a_name_at_or_below_the_domain_is_taken(zone: str, name: str) -> None:
    assert made(hostname=name).hostname == name


@pytest.mark.parametrize(
    "name",
    [
        "example.org",
        "notexample.com",
        "com",
        "example.com.evil.example",
        ZONE,
        f"mx-00000000.{ZONE}",
        f"a.mx-3f0c2a4e.{ZONE}",
        f"www.{ZONE}",
        "Mail.example.com",
        "mail.example.com.",
        "mail..example.com",
        "192.0.2.1",
    ],
)
def test_another_name_is_refused(zone: str, name: str) -> None:
    with pytest.raises(exceptions.MailValidationError, match="hostname: "):
        made(hostname=name)


def test_a_domain_in_the_zone_opens_no_other_name_there(zone: str) -> None:
    theirs = f"mx-00000000.{zone}"
    with pytest.raises(rule.RuleError):
        hostname.check(theirs, ONE, [theirs, zone], zone)
    with pytest.raises(rule.RuleError):
        hostname.check(f"a.{theirs}", ONE, [theirs, zone], zone)
    hostname.check(f"mx-3f0c2a4e.{zone}", ONE, [], zone)


def test_a_wrong_domain_is_told_as_that() -> None:
    for domain in ("Example.com", "", "a b"):
        with pytest.raises(exceptions.MailValidationError, match=r"^domain: "):
            made(domain=domain)


def test_a_zone_that_is_none_ends_the_start() -> None:
    cfg.CONF([], project="test")
    cfg.CONF.set_override("zone", ZONE, group="mail")
    assert zone_options.name() == ZONE
    cfg.CONF.clear_override("zone", group="mail")
    assert zone_options.name() == ""
    with pytest.raises(ValueError, match=r"write cloud\.example"):
        cfg.CONF.set_override("zone", "Cloud.Example.", group="mail")
