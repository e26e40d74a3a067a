# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Send letters with aiosmtplib, as its documentation shows; see ../README.md."""

import asyncio
import email.message
import json
import pathlib
import sys
import typing as tp

import aiosmtplib

Json = dict[str, tp.Any]


def compose(sender: str, letter: Json) -> email.message.EmailMessage:
    """Return the message of a letter."""
    message = email.message.EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(letter["to"])
    message["Subject"] = letter["subject"]
    message.set_content(letter["text"])
    for file in letter["files"]:
        main, _, sub = file["type"].partition("/")
        octets = pathlib.Path(file["path"]).read_bytes()
        message.add_attachment(
            octets, maintype=main, subtype=sub, filename=file["name"]
        )
    return message


async def send(job: Json) -> None:
    """Send all letters on one connection."""
    client = aiosmtplib.SMTP(
        hostname=job["host"],
        port=job["port"],
        use_tls=job["port"] == 465,
        username=job["user"],
        password=job["password"],
        cert_bundle=job["ca"],
        local_hostname=job["name"] or None,
    )
    async with client:
        for letter in job["letters"]:
            message = compose(job["user"], letter)
            errors, _ = await client.send_message(message, recipients=letter["to"])
            for address, reply in errors.items():
                print("refused", address, json.dumps(reply), sep="\t")
            print("sent")


asyncio.run(send(json.loads(pathlib.Path(sys.argv[1]).read_text())))
