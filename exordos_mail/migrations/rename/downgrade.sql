-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

DROP TRIGGER mail_accounts_renamed ON mail_accounts;
DROP FUNCTION mail_accounts_renamed;
