#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The stored models under one name, as manifests and builders refer to them.

Rules live in the models and in the database, not in the API's controllers: an
object of a manifest reaches the model without passing a controller.
"""

from exordos_mail.controlplane.dm.account import MailAccount
from exordos_mail.controlplane.dm.dkim_key import MailDKIMKey
from exordos_mail.controlplane.dm.instance import MailInstance
from exordos_mail.controlplane.dm.send_api_key import MailSendAPIKey
from exordos_mail.controlplane.dm.send_smtp_account import MailSendSMTPAccount
from exordos_mail.controlplane.dm.send_suppression import MailSendSuppression
from exordos_mail.controlplane.dm.send_tenant import MailSendTenant
from exordos_mail.controlplane.dm.version import MailVersion

__all__ = [
    "MailAccount",
    "MailDKIMKey",
    "MailInstance",
    "MailSendAPIKey",
    "MailSendSMTPAccount",
    "MailSendSuppression",
    "MailSendTenant",
    "MailVersion",
]
