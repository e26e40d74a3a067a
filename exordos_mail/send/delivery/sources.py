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

"""Attachments of a message, from wherever they are."""

import base64
import mimetypes

from exordos_mail.send.content import message, render
from exordos_mail.send.delivery import attempt


class Sources:
    """Loads attachments (attempt.Attachments)."""

    async def load(
        self, tenant_id: str, content: message.Content
    ) -> list[render.Attached]:
        """Return a message's attachments."""
        return [
            render.Attached(
                one.filename,
                one.content_type
                or mimetypes.guess_type(one.filename)[0]
                or "application/octet-stream",
                base64.b64decode(one.content),
                one.content_id,
            )
            for one in content.attachments
            if one.content is not None
        ]


_ = attempt
