# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Readers of bounces that others wrote find what ours finds.

flufl.bounce (of Mailman) runs here, in an environment of its own; what
email-bounce-parser says of real bounces is kept (tests/unit/send/bounces/README.md).
"""

import json
import os
import pathlib
import re
import subprocess
import typing as tp

import pytest

from exordos_mail.send.bounces import reading, report
from exordos_mail.send.bounces.report import Finding
from tests.unit.send import bounce_corpus as corpus

_JUDGE = pathlib.Path(__file__).with_name("flufl_judge.py")
_SAID = pathlib.Path(corpus.__file__).with_name("bounces") / "email-bounce-parser.json"
_DISPOSITION = (
    "From: ann@example.net\nContent-Type: multipart/report; boundary=b;"
    " report-type=disposition-notification\n\n--b\nContent-Type: text/plain\n\nRead.\n"
    "--b\nContent-Type: message/disposition-notification\n\n"
    "Final-Recipient: rfc822;ann@example.net\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n"
)
_VACATION = (
    "From: ann@example.net\nAuto-Submitted: auto-replied\nSubject: Out of office\n\n"
    "Write to bob@example.net meanwhile.\n"
)


def _no_status(letter: bytes) -> bytes:
    return letter.replace(b"message/delivery-status", b"application/x-lost")


_LETTERS = {
    **corpus.REAL,
    **{
        f"{style} {cause.name}": corpus.letter(style, cause)
        for style in corpus.STYLES
        for cause in corpus.CAUSES
    },
    **{f"{name} as a text": _no_status(one) for name, one in corpus.REAL.items()},
    "complaint": corpus.complaint(f"Original-Rcpt-To: {corpus.ADDRESS}"),
    "disposition": _DISPOSITION.encode(),
    "vacation": _VACATION.encode(),
}
#: Where flufl.bounce finds something else, by a pattern of the whole name, and why.
#: All of it is without a delivery status, where ours is unsure.
_DIFFER = {
    r"exim-later as a text": "it takes exim's warning of a delay for a failure",
    r"opensmtpd-.* as a text": "it does not know what OpenSMTPD writes",
    r"postfix-(?!good).* as a text": "it looks for `The Postfix program`, which Postfix"
    " writes no more",
}
#: Where email-bounce-parser says something else, and why.
_OTHER = {
    "opensmtpd-full-unknown": "it gives the code of one recipient with the other one",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tp.Any]:
    """What flufl.bounce finds: who is delayed, and who has failed."""
    python = pathlib.Path(os.environ["EXORDOS_MAIL_FLUFL"], "bin", "python")
    where = tmp_path_factory.mktemp("letters")
    names = {}
    for number, (name, letter) in enumerate(_LETTERS.items()):
        file = where / f"{number}.eml"
        file.write_bytes(letter)
        names[str(file)] = name
    done = subprocess.run(
        [python, _JUDGE, *names], capture_output=True, text=True, check=True
    )
    return {names[file]: found for file, found in json.loads(done.stdout).items()}


def _of(findings: list[Finding], action: str) -> list[str]:
    return sorted(one.addresses[0] for one in findings if one.action == action)


def _reason(name: str) -> str | None:
    return next((why for one, why in _DIFFER.items() if re.fullmatch(one, name)), None)


@pytest.mark.parametrize("name", _LETTERS)
def test_flufl_bounce_finds_the_same(name: str, judged: dict[str, tp.Any]) -> None:
    found = reading.read(_LETTERS[name]).findings
    ours = [_of(found, report.DELAYED), _of(found, report.FAILED)]
    assert (ours != judged[name]) == (_reason(name) is not None), (ours, judged[name])


@pytest.mark.parametrize("name", corpus.REAL)
def test_email_bounce_parser_says_the_same(name: str) -> None:
    """It names one recipient at most, and leaves out what it does not find."""
    to, code, enhanced = json.loads(_SAID.read_text())[name]
    found = reading.read(corpus.REAL[name]).findings
    same = any(
        to in (None, one.addresses[0])
        and code in (None, one.code)
        and enhanced in (None, one.enhanced)
        for one in found
    )
    assert same == (name not in _OTHER), (to, code, enhanced, found)
