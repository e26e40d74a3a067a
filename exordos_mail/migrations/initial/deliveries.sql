-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- What became of an instance's mail, as its node tells (controlplane/gateway/telling.py).

CREATE TABLE mail_deliveries (
    uuid UUID PRIMARY KEY,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    project_id UUID NOT NULL,
    at TIMESTAMP NOT NULL,
    state VARCHAR(16) NOT NULL,
    queue_id VARCHAR(64) NOT NULL,
    accepted_at TIMESTAMP,
    login VARCHAR(320) NOT NULL,
    sender VARCHAR(512) NOT NULL,
    recipient VARCHAR(512) NOT NULL,
    message_id VARCHAR(512) NOT NULL,
    host VARCHAR(255) NOT NULL,
    address VARCHAR(45) NOT NULL,
    tls VARCHAR(64) NOT NULL,
    code INTEGER,
    enhanced VARCHAR(12),
    reply VARCHAR(500) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Pages are in the order of time, the newest first. Also for what is too much or too old.
CREATE INDEX mail_deliveries_page_idx ON mail_deliveries (instance, at DESC, uuid);

CREATE INDEX mail_deliveries_at_idx ON mail_deliveries (at);

CREATE INDEX mail_deliveries_recipient_idx ON mail_deliveries (instance, recipient);

CREATE INDEX mail_deliveries_message_id_idx ON mail_deliveries (instance, message_id);

CREATE INDEX mail_deliveries_queue_id_idx ON mail_deliveries (instance, queue_id);
