-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- An observed column: no trigger counts it. See controlplane/health.py.
ALTER TABLE mail_instances
    ADD COLUMN health JSONB NOT NULL DEFAULT
        '{"state": "unknown", "reason": "the node has told nothing yet", "services": []}';
