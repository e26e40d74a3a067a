# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stored models under one name, as manifests and builders refer to them.

Rules live in the models and in the database, not in the API's controllers: an
object of a manifest reaches the model without passing a controller.
"""

from exordos_mail.controlplane.dm.account import MailAccount
from exordos_mail.controlplane.dm.dkim_key import MailDKIMKey
from exordos_mail.controlplane.dm.instance import MailInstance
from exordos_mail.controlplane.dm.send_api_key import MailSendAPIKey
from exordos_mail.controlplane.dm.send_relay import MailSendRelay
from exordos_mail.controlplane.dm.send_suppression import MailSendSuppression
from exordos_mail.controlplane.dm.send_tenant import MailSendTenant
from exordos_mail.controlplane.dm.version import MailVersion

__all__ = [
    "MailAccount",
    "MailDKIMKey",
    "MailInstance",
    "MailSendAPIKey",
    "MailSendRelay",
    "MailSendSuppression",
    "MailSendTenant",
    "MailVersion",
]
