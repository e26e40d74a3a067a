# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A letter of each client arrives whole and is found genuine."""

import collections.abc as cabc
import pathlib
import secrets

from tests.clients import client as client_module
from tests.clients import everyone, letters, office
from tests.functional import smtp

Client = client_module.Client
Work = cabc.Iterator[pathlib.Path]


@everyone.each
def test_a_plain_message_arrives(
    the_office: office.Office, work: Work, client: Client
) -> None:
    letter = letters.Letter(office.somebody(), "A plain message")
    outcome = the_office.send(client, next(work), letter)
    assert outcome.sent == 1, outcome.text
    the_office.arrived(letter, letter.to)


@everyone.each
def test_a_subject_in_utf_8_and_attachments_arrive(
    the_office: office.Office, work: Work, client: Client
) -> None:
    octets = secrets.token_bytes(70_000) + bytes(range(256))
    files = (
        letters.File("Rechnung März.pdf", "application/pdf", octets, "1.pdf"),
        letters.File("leer.bin", "application/octet-stream", b"", "2.bin"),
    )
    letter = letters.Letter(
        office.somebody(),
        "Grüße aus Köln: счёт № 7 🌳",
        "Grüße!\n.\n..\n\nFrom here on: ёж\n",
        files,
    )
    outcome = the_office.send(client, next(work), letter, port=smtp.SUBMISSIONS)
    assert outcome.sent == 1, outcome.text
    for one in the_office.arrived(letter, letter.to):
        assert one.files == {file.name: file.octets for file in files}
