# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An import: what moves a mailbox in from another IMAP server."""

from exordos_mail.schema import field, limits
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

WAITING, RUNNING, DONE, FAILED, STOPPED = STATES = (
    "waiting",
    "running",
    "done",
    "failed",
    "stopped",
)
#: Of these the ones in which nothing goes on.
ENDED = (DONE, FAILED, STOPPED)
ERROR_MAX = 500

DRY_RUN = Field(
    "dry_run",
    Kind.FLAG,
    "Whether nothing is copied: the source is logged in to, and `report` says what it"
    " has.",
    False,
    default=False,
)


def _folders(name: str, text: str) -> Field:
    return Field(
        name,
        Kind.TEXTS,
        text,
        ["INBOX/Newsletters"],
        rule="folder",
        most=limits.IMPORT_FOLDERS_MAX,
        nullable=True,
    )


def _count(name: str, text: str, example: int) -> Field:
    return Field(
        name,
        Kind.INTEGER,
        text,
        example,
        default=0,
        least=0,
        most=2**63 - 1,
        access=Access.READ_ONLY,
    )


def _moment(name: str, text: str) -> Field:
    return Field(
        name,
        Kind.MOMENT,
        text,
        "2026-01-31T12:00:00Z",
        nullable=True,
        access=Access.READ_ONLY,
    )


_ROW = {
    **{name: {"type": "string"} for name in ("folder", "to", "problem")},
    **{name: {"type": "integer"} for name in ("source", "here", "copied")},
}

NOUN = Noun(
    "mailbox_import",
    "imports",
    "What copies the mail of another IMAP server into an account's mailbox.",
    (
        field.description("from the old provider"),
        Field(
            "host",
            Kind.TEXT,
            "Name or IP address of the source, which its certificate is for.",
            "imap.example.net",
            rule="host",
            sortable=True,
        ),
        Field(
            "port",
            Kind.INTEGER,
            "Port of the source. Default: 993 or 143, as `tls` has it.",
            993,
            most=65535,
            derived=True,
        ),
        Field(
            "tls",
            Kind.WORD,
            "implicit: TLS from the first octet. starttls: after STARTTLS. There is no"
            " way without TLS. Default: starttls for port 143, else implicit.",
            "implicit",
            default="implicit",
            words=("implicit", "starttls"),
        ),
        Field(
            "ca",
            Kind.TEXT,
            "PEM of the authorities that are trusted for the source, or of its own"
            " certificate; null: the usual ones.",
            None,
            rule="certificate_chain",
            nullable=True,
        ),
        Field(
            "username",
            Kind.TEXT,
            "User name at the source.",
            "alice@example.net",
            rule="credential",
            sortable=True,
        ),
        Field(
            "password",
            Kind.TEXT,
            "Password at the source, given at creation and to `start`. It is kept"
            " encrypted, never shown, and removed when the run has ended.",
            "a long passphrase",
            sealed=True,
            rule="credential",
            nullable=True,
            access=Access.WRITE_ONLY,
            secret=True,
        ),
        _folders(
            "folders",
            "Folders of the source that are copied with all below, their parts divided"
            " by /, as `report` names them; null: all, but for views such as Gmail's"
            " All Mail.",
        ),
        _folders("exclude", "Folders that are left out with all below; null: none."),
        DRY_RUN,
        Field(
            "run",
            Kind.INTEGER,
            "Counts the runs; what is told below is of the last one.",
            1,
            default=1,
            most=2**31 - 1,
            access=Access.READ_ONLY,
        ),
        Field(
            "state",
            Kind.WORD,
            "waiting: it begins when the machine has room for it. running. done: all"
            " of the source is here. failed: see `error`. stopped: by `stop`.",
            DONE,
            default=WAITING,
            words=STATES,
            access=Access.READ_ONLY,
            filterable=True,
        ),
        field.line(
            "error",
            "Why it has failed; empty: it has not.",
            "",
            most=ERROR_MAX,
            access=Access.READ_ONLY,
        ),
        _moment("started_at", "When the run began, UTC; null: not yet."),
        _moment("ended_at", "When it ended, UTC; null: not yet."),
        _count("folders_total", "Folders that are copied.", 12),
        _count("messages_total", "Messages in these folders of the source.", 5120),
        _count("messages_done", "Of these, messages that are here.", 5120),
        _count("messages_copied", "Messages that the run has copied.", 5120),
        _count("octets_copied", "Octets of these.", 104857600),
        Field(
            "report",
            Kind.OWN,
            "The folders, those with a problem first: name at the source, name here,"
            " messages of the source, messages of these that are here, messages that"
            " the run has copied, why it is not complete. As many as have room.",
            [
                {
                    "folder": "INBOX/Sent Items",
                    "to": "Sent",
                    "source": 120,
                    "here": 120,
                    "copied": 120,
                    "problem": "",
                }
            ],
            access=Access.READ_ONLY,
            schema={"items": {"type": "object", "properties": _ROW}},
        ),
        Field("stopped", Kind.FLAG, "", None, default=False, access=Access.HIDDEN),
    ),
    below="account",
    title="import",
    model="MailImport",
    table="mail_imports",
    conflict="an import of this uuid exists, or the account is gone",
    declarable=False,
    listed=("uuid", "host", "username", "state", "messages_done", "messages_total"),
    own_actions=(
        Action(
            "start",
            "Run it once more. What is here already is not copied again.",
            (
                Field(
                    "password",
                    Kind.TEXT,
                    "Password at the source.",
                    "a long passphrase",
                    rule="credential",
                    access=Access.WRITE_ONLY,
                    secret=True,
                ),
                DRY_RUN,
            ),
        ),
        Action("stop", "End the run. What was copied stays."),
    ),
)
