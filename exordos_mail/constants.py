# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names shared by the control plane and the data plane."""

# --- identity of the plugin -------------------------------------------------
SLUG = "mail"
ELEMENT_NAME = "mailaas"
POLICY_SERVICE = "exordos_mail"

# --- resource kinds (global in the platform, hence prefixed with the slug) --
INSTANCE_INFRA_KIND = "mail_instance_iaas"
INSTANCE_PAAS_KIND = "mail_instance"
NODE_KIND = "mail_instance_node"

# The agent of a node is uuid5(node uuid, AGENT_UUID5_NAME); the same name
# stands as uuid5_name in etc/exordos_metapaas/metapaas_mail_agent.conf.
AGENT_UUID5_NAME = "mailaas"

# --- channels of the database's notifications, each with an instance's uuid ---
CHANGES_CHANNEL = "exordos_mail"  # a user has changed something: sent by triggers
NODES_CHANNEL = "exordos_mail_nodes"  # a payload was made: sent by the builder

# --- node gateway -----------------------------------------------------------
GATEWAY_PORT = 11015
GATEWAY_PATH = "/v1/node"

# --- limits of the API ------------------------------------------------------
ROOT_DISK_SIZE = 10  # GiB
PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX = 100, 1000
# A bulk request keeps the API's one worker for about a quarter of a second at
# the most (docs/adr/0012): so many items, or so many passwords to hash.
BULK_ITEMS_MAX, BULK_PASSWORDS_MAX = 1000, 20
BULK_BODY_MAX = 8 * 1024**2  # octets; what 1,000 of the longest items need
BULK_PARTIAL, BULK_ATOMIC = "partial", "atomic"

# --- paths on a node --------------------------------------------------------
MAIL_ENV_FILE = "/etc/exordos_metapaas/mail.env"
EXIM4_DIR = "/etc/exim4"
EXIM4_PASSWD_FILE = "/etc/exim4/passwd"  # noqa: S105 a path
EXIM4_DKIM_DIR = "/etc/exim4/dkim"
NODE_STATE_DIR = "/var/lib/exordos/exordos_metapaas/mail"
META_FILE = "/var/lib/exordos/exordos_metapaas/mail_meta.json"

# --- mail service -----------------------------------------------------------
SMTP_PORT, SUBMISSIONS_PORT, SUBMISSION_PORT = 25, 465, 587
EXIM4_UNIT = "exim4.service"
EXIM4_USER = "Debian-exim"
RATE_LIMIT_DEFAULT = "1000 / 1h"  # recipients per account

# --- resolver of a node; the paths stand in its unit and in exim's as well ----
# What exim has for /etc/resolv.conf once the resolver has proved itself.
RESOLV_CONF = "/etc/unbound/exordos_mail/resolv.conf"
# Where exim then asks for MTA-STS policies.
MTA_STS_SOCKET = "/run/exordos-mail-mta-sts/map.sock"

# --- send service of a node; the paths stand in its unit as well -------------
SEND_UNIT = "exordos-mail-send.service"
SEND_USER = "exordos-mail-send"
SEND_DIR = "/etc/exordos_mail_send"
SEND_DATA_DIR = "/var/lib/exordos-mail-send"
SEND_SOCKET = "/run/exordos-mail-send/control.sock"
SEND_HTTP_SOCKET = "/run/exordos-mail-send/http.sock"
# Where it hands mail to exim, and its name there.
SEND_SMTP_PORT, SEND_SMTP_USER = 10025, "send"

# --- mailboxes of a node; the paths stand in its unit as well -----------------
DOVECOT_UNIT = "exordos-mail-dovecot.service"
MAILBOX_USER = "vmail"
# A mailbox's home is the uuid of its account in there: a new account of an old name
# never finds the mail of that one.
MAIL_STORE_DIR = "/var/mail/vhosts"
DOVECOT_DIR = "/etc/dovecot/exordos_mail"
# Scripts of accounts that the control plane keeps; the users' own are in their homes.
SIEVE_SCRIPTS_DIR = "/etc/dovecot/exordos_mail_scripts"
DOVECOT_RUN_DIR = "/run/exordos-mail-dovecot"
LMTP_SOCKET = "/run/exordos-mail-dovecot/lmtp"
QUOTA_SOCKET = "/run/exordos-mail-dovecot/quota"
# In what exim hands over: exim's id, "first" or "again", when it came (Unix time).
DELIVERY_HEADER = "X-Exordos-Mail-Delivery"
IMAP_PORT, IMAPS_PORT = 143, 993
POP3_PORT, POP3S_PORT = 110, 995
MANAGESIEVE_PORT = 4190
# Where redirect and vacation of Sieve hand their mail to exim, on the loopback.
SIEVE_SMTP_PORT = 10026
