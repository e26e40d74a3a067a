# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What has arrived at the stand's remote hosts, as their users find it."""

import dataclasses
import email.header
import email.message
import email.policy
import pathlib
import re

from tests.functional import waiting
from tests.stand import settings

TIMEOUT = 120.0  # seconds until a message has arrived


@dataclasses.dataclass(frozen=True)
class Arrival:
    """One copy of a message: whom it was delivered to, and its content."""

    recipient: str
    message: email.message.EmailMessage

    @property
    def subject(self) -> str:
        """Return the subject as a person reads it; raw UTF-8 is read as such."""
        return plain(str(dict(self.message.raw_items())["Subject"]))

    @property
    def verdicts(self) -> str:
        """Return what the host found of DKIM and SPF."""
        return " ".join(self.message.get_all("Authentication-Results", []))

    @property
    def text(self) -> str:
        """Return the text, with plain line ends. All clients write UTF-8.

        swaks does not say so, hence not by the charset that is declared.
        """
        body = self.message.get_body(("plain",))
        assert body is not None, self.message.as_string()
        return _octets(body).decode().replace("\r\n", "\n")

    @property
    def files(self) -> dict[str, bytes]:
        """Return the attachments' octets by name."""
        return {
            plain(str(part.get_filename())): _octets(part)
            for part in self.message.walk()
            if part.get_content_disposition() == "attachment"
        }


def _octets(part: email.message.Message) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def plain(text: str) -> str:
    """Return a header's text with encoded words and raw octets decoded."""
    octets = "".join(text.splitlines()).encode("utf-8", "surrogateescape")
    words = email.header.decode_header(octets.decode("utf-8"))
    return str(email.header.make_header(words)).strip()


class Arrivals:
    """The mailboxes of all remote hosts; each file is read once."""

    def __init__(self, stand: settings.Settings) -> None:
        self._stores = [
            stand.state / "internet" / host.label / "mail/all/new"
            for host in settings.MAIL_HOSTS
        ]
        self._read: dict[pathlib.Path, Arrival] = {}

    def of(self, tag: str) -> list[Arrival]:
        """Return the copies of the letter whose subject has a tag."""
        for store in self._stores:
            for path in store.glob("*"):
                if path not in self._read:
                    self._read[path] = _arrival(path.read_bytes())
        return [one for one in self._read.values() if tag in one.subject]

    def wait(self, tag: str, *recipients: str) -> list[Arrival]:
        """Return a letter's copies as soon as there are as many as recipients.

        They are at these recipients, each once, or the test has failed.
        """
        found = waiting.until(
            f"letter {tag} is at {recipients}",
            lambda: self.of(tag),
            timeout=TIMEOUT,
            good=lambda now: len(now) >= len(recipients),
        )
        assert sorted(one.recipient for one in found) == sorted(recipients)
        return found


def _arrival(octets: bytes) -> Arrival:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    recipient = message["Envelope-to"] or message["X-Original-To"]
    return Arrival(str(recipient).lower(), message)


def genuine(one: Arrival) -> bool:
    """Tell whether a host found both signatures and the sender's address good."""
    good = len(re.findall(r"\bdkim=pass\b", one.verdicts))
    return good == 2 and "dkim=fail" not in one.verdicts and "spf=pass" in one.verdicts
