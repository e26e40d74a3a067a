# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which of a tenant's messages are meant."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class MessageFilter:
    """Which messages of a tenant; an empty text is any."""

    state: str = ""
    batch: str = ""
    relay_id: str = ""
    #: An address.
    recipient: str = ""
    reference: str = ""
    tag: str = ""


#: In SQL: a row `m` of `messages` is meant, whoever its recipients are.
WHERE = """
  AND (:state = '' OR m.state = :state) AND (:batch = '' OR m.batch = :batch)
  AND (:relay_id = '' OR m.relay_id = :relay_id)
  AND (:reference = '' OR EXISTS (
      SELECT 1 FROM labels n WHERE n.tenant_id = m.tenant_id
        AND n.message_id = m.id AND n.reference = :reference
  ))
  AND (:tag = '' OR EXISTS (
      SELECT 1 FROM tags t WHERE t.tenant_id = m.tenant_id
        AND t.message_id = m.id AND t.tag = :tag
  ))
"""
