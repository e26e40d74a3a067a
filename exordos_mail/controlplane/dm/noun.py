# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The body of a stored model's class, made of the definition of its noun."""

import importlib
import importlib.util
import typing as tp

from restalchemy.dm import properties, relationships, types

from exordos_mail.controlplane.dm import fields, sealing, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import catalogue
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun
from exordos_mail.standards import (
    address,
    alias,
    api_key,
    certificate_forms,
    dkim,
    dkim_selector,
    imap_source,
    password,
    recipient,
    relay,
    sieve_script,
    smarthost,
    tenant,
    webhook_auth,
)

_PACKAGE = "exordos_mail.controlplane.dm"

#: Check, longest value and pattern of a text by the name of its rule.
_RULES: tp.Mapping[str, tuple[tp.Callable[[object], str], int, str | None]] = {
    "host": (relay.check_host, relay.HOST_MAX, relay.HOST_PATTERN),
    "credential": (
        relay.check_credential,
        relay.CREDENTIAL_MAX,
        relay.CREDENTIAL_PATTERN,
    ),
    "smarthost": (smarthost.check_host, smarthost.HOST_MAX, None),
    "source_address": (smarthost.check_source, smarthost.ADDRESS_MAX, None),
    "id": (tenant.check_id, tenant.ID_MAX, tenant.ID_PATTERN),
    "url": (tenant.check_url, tenant.URL_MAX, tenant.URL_PATTERN),
    "callback_username": (webhook_auth.check_username, webhook_auth.TEXT_MAX, None),
    "callback_secret": (webhook_auth.check_text, webhook_auth.TEXT_MAX, None),
    "key_name": (api_key.check_name, api_key.NAME_MAX, None),
    "recipient": (recipient.check_normal, address.ADDRESS_MAX, None),
    "username": (
        address.check_username,
        address.USERNAME_MAX,
        address.USERNAME_PATTERN,
    ),
    "local_part": (
        alias.check_local_part,
        address.USERNAME_MAX,
        alias.LOCAL_PART_PATTERN,
    ),
    "target": (alias.check_target, address.ADDRESS_MAX, None),
    "domain": (address.check_domain, address.DOMAIN_MAX, address.DOMAIN_PATTERN),
    "certificate_chain": (
        certificate_forms.check_chain,
        certificate_forms.CHAIN_MAX,
        None,
    ),
    "certificate_key": (certificate_forms.check_key, certificate_forms.KEY_MAX, None),
    "selector": (
        dkim_selector.check_selector,
        dkim_selector.SELECTOR_MAX,
        dkim_selector.SELECTOR_PATTERN,
    ),
    "dkim_private_key": (dkim.check_private_key, dkim.PEM_MAX, None),
    "folder": (imap_source.check_folder, imap_source.FOLDER_MAX, None),
    "password_hash": (password.check_hash, password.HASH_MAX, None),
    "sieve_name": (sieve_script.check_name, sieve_script.NAME_MAX, None),
    "sieve_content": (sieve_script.check_content, sieve_script.CONTENT_MAX, None),
}


def members(noun: Noun) -> dict[str, tp.Any]:
    """Return the body of the class of a noun's model.

    Fields of the kind OWN, and those without a column, are left to the class itself.
    """
    body: dict[str, tp.Any] = {
        "__noun__": noun,
        "__tablename__": noun.table,
        "__title__": noun.title,
        "__conflict__": noun.conflict,
        "__audit_resource_type__": noun.audit_type,
        "__secret_fields__": noun.secrets,
        "__unshown_fields__": noun.secrets
        | {one.name for one in noun.fields if one.large},
        "__sealed_field__": noun.sealed,
        "__owner__": noun.below or None,
        **{
            one.name: _property(one)
            for one in noun.fields
            if one.kind != Kind.OWN and one.column
        },
        "created_at": fields.moment(),
        "updated_at": fields.moment(),
    }
    if noun.project:
        body["project_id"] = fields.project_id()
    if noun.below:
        body[noun.below] = relationships.relationship(
            model_of(noun.below), required=True, read_only=True
        )
    return body


def model_of(name: str) -> tp.Any:
    """Return the model of a noun: its class in the module of its name, else a new one.

    The module is `<name>.py` beside this one; the class is made once.
    """
    noun = catalogue.nouns()[name]
    module = f"{_PACKAGE}.{name}"
    if importlib.util.find_spec(module) is not None:
        return getattr(importlib.import_module(module), noun.model)
    if name not in _MADE:
        body = {"__doc__": noun.text, "__module__": __name__, **members(noun)}
        _MADE[name] = type(noun.model, (stored.Stored,), body)
    return _MADE[name]


_MADE: dict[str, tp.Any] = {}


def value_of(field: Field, sent: object) -> tp.Any:
    """Return the value of a field that a request says outside of an object.

    Raises:
        MailValidationError: it breaks the field's rule, or there is none.
    """
    if sent is None:
        if field.nullable:
            return None
        mail_types.refuse(field.name, "a value is required")
    found = type_of(field)
    try:
        value = found.from_simple_type(sent)
    except (ValueError, TypeError, AttributeError, OverflowError):
        mail_types.refuse(field.name, "the value has a wrong form")
    found.validate(value)
    return value


def _property(field: Field) -> tp.Any:
    if field.sealed:
        check, most, _ = _RULES[field.rule]
        return sealing.secret(field.name, check, most)
    given: dict[str, tp.Any] = {}
    if field.access is Access.SET_ONCE:
        given["read_only"] = True
    if field.kind is Kind.REFERENCE:
        return relationships.relationship(model_of(field.rule), required=True, **given)
    if field.nullable:
        return properties.property(types.AllowNone(type_of(field)), **given)
    if field.default is not None:
        given["default"] = field.default
    return properties.property(type_of(field), required=True, **given)


def type_of(field: Field) -> types.BaseType:
    """Return the type of a field's values, null left out."""
    match field.kind:
        case Kind.INTEGER:
            return mail_types.Count(field.name, field.least, field.most)
        case Kind.FLAG:
            return mail_types.Flag(field.name)
        case Kind.WORD:
            return mail_types.Choice(field.name, field.words)
        case Kind.WORDS:
            return mail_types.Choices(field.name, field.words)
        case Kind.TEXTS:
            check, longest, _ = _RULES[field.rule]
            return mail_types.TextList(
                field.name, check, longest, field.least, field.most
            )
        case Kind.LINE:
            return mail_types.Line(field.name, field.least, field.most)
        case Kind.MOMENT:
            return mail_types.Moment(field.name)
        case _:
            return mail_types.Checked(field.name, *_RULES[field.rule])
