# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stored models under one name, as builders and controllers refer to them.

Rules live in the models and in the database, not in the API's controllers: an
object of a manifest reaches the model without passing a controller.
"""

from exordos_mail.controlplane.dm.account import MailAccount
from exordos_mail.controlplane.dm.api_key import MailSendAPIKey
from exordos_mail.controlplane.dm.app_password import MailAppPassword
from exordos_mail.controlplane.dm.dkim_key import MailDKIMKey
from exordos_mail.controlplane.dm.domain import MailDomain
from exordos_mail.controlplane.dm.instance import MailInstance
from exordos_mail.controlplane.dm.noun import model_of
from exordos_mail.controlplane.dm.relay import MailSendRelay
from exordos_mail.controlplane.dm.sieve_script import MailSieveScript
from exordos_mail.controlplane.dm.tenant import MailSendTenant

MailSendSuppression = model_of("suppression")
MailVersion = model_of("version")

__all__ = [
    "MailAccount",
    "MailAppPassword",
    "MailDKIMKey",
    "MailDomain",
    "MailInstance",
    "MailSendAPIKey",
    "MailSendRelay",
    "MailSendSuppression",
    "MailSendTenant",
    "MailSieveScript",
    "MailVersion",
    "model_of",
]
