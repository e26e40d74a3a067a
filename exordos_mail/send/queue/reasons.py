# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The reasons in events: why a message was not sent, or not yet.

The descriptions of the API list them; a test finds each one that the code uses.
"""

#: Of `deferred`, `failed` and `expired`; those that begin so have a text after it.
OF_ATTEMPTS = {
    "connect_failed": "there is no connection to the server; `cause` says why",
    "connect_timeout": "the server did not take a connection in time",
    "address_not_allowed": "the relay may reach public addresses only",
    "tls_failed": "TLS did not come about; `cause` says why",
    "starttls_not_offered": "the server offers no STARTTLS, which the relay asks for",
    "starttls_refused": "the server refused STARTTLS",
    "greeting_refused": "the server refused the connection at its greeting or EHLO",
    "auth_not_offered": "the server offers no way to log in that we know",
    "auth_failed": "the server refused the relay's login",
    "relay_refused": "the server wants another login or TLS from this relay",
    "sender_refused": "the server refused the sender (MAIL)",
    "recipient_refused": "the server refused the recipient (RCPT)",
    "message_refused": "the server refused the message (DATA)",
    "timeout": "no reply came in time; `cause` says after which step",
    "connection_lost": "the connection ended; `cause` says after which step",
    "not_smtp": "replies and commands were out of step, so nothing was believed",
    "claim_lost": "the worker could not say in time that it lives",
    "wrong_key": "a secret was sealed with a key that this process does not have",
    "invalid_address": "an address has a control character",
    "invalid_message": "the message has a line that SMTP cannot carry",
    "header_not_utf8": "a header field is not UTF-8",
    "smtputf8_not_offered": "the server does not take addresses or fields beyond ASCII",
    "eight_bit_not_offered": "the server does not take 8-bit text, and it is signed",
    "attachment away": "an attachment cannot be had now; the text after it says why",
    "attachment refused": "an attachment can never be had; the text says why",
    "rate_limit_exceeded": "over the limit of a relay with `over_limit: reject`",
    "poison": "workers have died with this message again and again",
    "internal_error": "our own code failed at this message; it is in the log",
    "expired": "its time ran out before the next attempt",
}
#: Of `released`: given back to the queue, and no attempt was made.
OF_RELEASES = {
    "worker_lost": "the worker that had claimed it died",
    "worker_stopped": "the worker that had claimed it was stopped",
    "server_unavailable": "the server failed, and is left alone for a while",
    "paused": "something was paused: the service, the tenant or a batch",
    "relay_changed": "the relay, or its tenant, was changed",
}
#: Of `cancelled`, when no call asked for it.
OF_CANCELLATIONS = {
    "relay_removed": "its relay was taken away",
    "erased": "the recipient's address was erased",
}
#: Of `webhook_disabled`.
OF_WEBHOOKS = {
    "gone": "the receiver answered 410",
    "failing": "the receiver has failed for days",
}
EVERY = {**OF_ATTEMPTS, **OF_RELEASES, **OF_CANCELLATIONS, **OF_WEBHOOKS}
