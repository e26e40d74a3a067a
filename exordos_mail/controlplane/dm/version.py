# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Versions: the released images of the node."""

from restalchemy.dm import properties

from exordos_mail.controlplane.dm import fields, stored
from exordos_mail.controlplane.dm import types as mail_types

#: Longest address of an image in characters.
IMAGE_MAX = 2048


class MailVersion(stored.Stored):
    """A released image of the node; it comes from the element's manifest.

    Attributes:
        name: unique.
        description: the uuid of the project whose manifest declared it, which
            is how the platform's agent finds it again.
        image: address of the root disk's image.
    """

    __tablename__ = "mail_versions"
    __audit_resource_type__ = "mail_version"
    __conflict__ = "a version of this name exists, or an instance uses the version"

    name = properties.property(mail_types.Line("name", min_length=1), required=True)
    description = fields.description()
    created_at = fields.moment()
    updated_at = fields.moment()
    image = properties.property(
        mail_types.Line("image", min_length=1, max_length=IMAGE_MAX), required=True
    )
