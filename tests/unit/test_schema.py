# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A noun is defined once: what is made of it, and what SQL repeats of it, agree."""

import dataclasses
import pathlib
import re

import msgspec
import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import registry
from exordos_mail.schema import api_key, catalogue, field, limits, relay, tenant
from exordos_mail.schema.field import Field, Kind
from exordos_mail.send import members
from exordos_mail.send.managed.document import DeclaredRelay
from exordos_mail.send.relays import handlers as relays
from exordos_mail.standards import api_key as standard_key
from exordos_mail.standards import relay as standard
from exordos_mail.standards import tenant as standard_tenant
from exordos_mail.standards import webhook_auth

ROOT = pathlib.Path(__file__).parents[2] / "exordos_mail"
SQL = (
    "".join(
        (ROOT / f"migrations/initial/{one}.sql").read_text()
        for one in ("certificates", "domains", "tenants")
    )
    + (ROOT / "migrations/app_passwords/upgrade.sql").read_text()
    + (ROOT / "migrations/sieve_scripts/upgrade.sql").read_text()
)
BOUNDED = [one for one in relay.FIELDS if one.kind is Kind.INTEGER]


def test_every_form_of_a_relay_has_the_fields_of_the_definition() -> None:
    platform = set(field.names(relay.PLATFORM))
    assert platform <= set(models.MailSendRelay.properties.properties)
    assert platform <= relay.NOUN.declarable_fields
    assert set(DeclaredRelay.__struct_fields__) == {"id", *platform}
    assert set(field.names(relay.FIELDS)) <= set(relays.RelayChangeIn.__struct_fields__)


def test_what_a_standard_says_as_well_is_the_same() -> None:
    assert tenant.NAME_MAX == standard_tenant.NAME_MAX
    assert tenant.NOUN.field("callback_auth").words == webhook_auth.METHODS
    assert api_key.NOUN.field("scopes").words == standard_key.SCOPES


def test_words_and_ports_of_tls_are_those_of_the_standard() -> None:
    assert set(relay.TLS.words) == set(standard.PORTS)
    assert relay.TLS.default == standard.STARTTLS


@pytest.mark.parametrize("one", relay.FIELDS, ids=lambda one: one.name)
def test_default_and_example_are_values_of_the_field(one: Field) -> None:
    msgspec.convert(one.example, members.type_of(one))
    if one.default is not None:
        msgspec.convert(one.default, members.type_of(one))


@pytest.mark.parametrize("one", BOUNDED, ids=lambda one: one.name)
def test_the_bounds_are_held_in_a_request_and_in_the_model(one: Field) -> None:
    for value in (one.least, one.most):
        assert msgspec.convert({one.name: value}, relays.RelayChangeIn)
    for value in (one.least - 1, one.most + 1):
        with pytest.raises(msgspec.ValidationError, match=one.name):
            msgspec.convert({one.name: value}, relays.RelayChangeIn)


def test_an_answer_has_no_secret() -> None:
    secrets = {one.name for one in relay.FIELDS if one.secret}
    assert secrets == {"password"}
    assert not secrets & set(relays.RelayOut.__struct_fields__)


@pytest.mark.parametrize(
    ("most", "noun"),
    [
        (limits.DOMAINS_MAX, "domains"),
        (limits.CERTIFICATES_MAX, "certificates"),
        (limits.TENANTS_MAX, "tenants"),
        (limits.KEYS_MAX, "API keys"),
        (limits.APP_PASSWORDS_MAX, "app passwords"),
        (limits.SIEVE_SCRIPTS_MAX, "Sieve scripts"),
        (limits.RELAYS_MAX, "relays"),
        (limits.SUPPRESSIONS_MAX, "suppressions"),
    ],
)
def test_the_triggers_count_to_the_same_limits(most: int, noun: str) -> None:
    found = re.findall(rf"'(\d+)', '[^']* has at most %s {noun}'", SQL)
    assert [int(one) for one in found] == [most]


@pytest.mark.parametrize("taken", ["accounts", "settings", "tenants", "relays"])
def test_collection_of_a_noun_has_a_name_of_its_own(
    monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    one = dataclasses.replace(relay.NOUN, below="instance", documents="relays")
    other = dataclasses.replace(one, name="other", documents=taken)
    known = {**catalogue.nouns(), "relay": one}
    monkeypatch.setattr(catalogue, "nouns", lambda: known)
    assert registry.collections()["relays"].name == "relays"
    monkeypatch.setattr(catalogue, "nouns", lambda: {**known, "other": other})
    with pytest.raises(ValueError, match=f"noun other: .*'{taken}'"):
        registry.collections()


def test_names_of_the_collections_are_all_different() -> None:
    assert {"settings", "accounts", "tenants"} <= set(registry.collections())
