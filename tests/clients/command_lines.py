# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The clients that are programs, used as their manual pages show.

Each sends one letter a call but curl, which sends all on one connection.
"""

import re
import urllib.parse

from tests.clients import client, letters, place
from tests.functional import smtp

#: A recipient and the refusal behind it, as swaks and curl show a dialogue.
_REFUSED = re.compile(
    r"^ *[-~]*> RCPT TO:<(?P<address>.*?)>[^\n]*\n *<[~*-]*\*? *[45]\d\d[ -]",
    re.MULTILINE,
)


class Swaks(client.Client):
    """swaks, "Swiss Army Knife for SMTP"."""

    name = "swaks"
    goes_on = True
    as_written = True

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the only letter of a job."""
        (letter,) = job.letters
        job.store(where.job)
        where.write("body.txt", letter.text)
        argv = ["swaks", "--server", job.host, "--port", str(job.port)]
        argv += ["--tlsc" if job.port == smtp.SUBMISSIONS else "--tls"]
        argv += ["--tls-verify", "--tls-ca-path", letters.CERTIFICATE]
        argv += ["--auth-user", job.user, "--auth-password", job.password]
        argv += ["--from", job.user, "--to", ",".join(letter.envelope)]
        argv += ["--h-To", ", ".join(letter.to)]
        argv += ["--h-Subject", letter.title, "--body", "@/job/body.txt"]
        for file in letter.files:
            argv += ["--attach-type", file.type, "--attach-name", file.name]
            argv += ["--attach", f"@{file.path}"]
        status, text = where.run(*argv)
        return letters.Outcome(int(status == 0), refused(text), text)


class Msmtp(client.Client):
    """msmtp, as sendmail: it takes a finished message."""

    name = "msmtp"

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the only letter of a job."""
        (letter,) = job.letters
        lines = ["defaults", "auth on", "tls on", "account node"]
        lines += [f"tls_trust_file {letters.CERTIFICATE}"]
        if job.port == smtp.SUBMISSIONS:
            lines += ["tls_starttls off"]
        lines += [f"host {job.host}", f"port {job.port}", f"from {job.user}"]
        lines += [f"user {job.user}", f"password {job.password}"]
        if job.name:
            lines += [f'domain "{job.name}"']
        where.write("msmtprc", "\n".join([*lines, "account default : node", ""]))
        message = letters.compose(job.user, letter)
        status, text = where.run(
            "msmtp", "--file=/job/msmtprc", "--", *letter.envelope, stdin=message
        )
        bad = {to for to in letter.envelope if f"recipient address {to} not" in text}
        return letters.Outcome(int(status == 0), bad, text)


class Curl(client.Client):
    """curl, which writes the message from its form options."""

    name = "curl"
    pools = True
    goes_on = True
    as_written = True

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send all letters of a job on one connection."""
        job.store(where.job)
        argv: list[str] = ["curl", "-sS", "-v"]
        for number, letter in enumerate(job.letters):
            argv += ["--next"] if number else []
            argv += self._letter(where, job, letter, number)
        status, text = where.run(*argv)
        sent = len(job.letters) if status == 0 else 0
        return letters.Outcome(sent, refused(text), text)

    def _letter(
        self, where: place.Place, job: letters.Job, letter: letters.Letter, number: int
    ) -> list[str]:
        scheme = "smtps" if job.port == smtp.SUBMISSIONS else "smtp"
        url = f"{scheme}://{job.host}:{job.port}"
        argv = ["--url", url, "--ssl-reqd", "--cacert", letters.CERTIFICATE]
        argv += ["--user", f"{job.user}:{job.password}", "--mail-from", job.user]
        for to in letter.envelope:
            argv += ["--mail-rcpt", to]
        argv += ["--mail-rcpt-allowfails", "-H", f"Subject: {letter.title}"]
        argv += ["-H", f"From: {job.user}", "-H", f"To: {', '.join(letter.to)}"]
        where.write(f"text-{number}", letter.text)
        text = "type=text/plain;charset=utf-8;encoder=quoted-printable"
        argv += ["-F", f"=</job/text-{number};{text}"]
        for file in letter.files:
            name = f'filename="{file.name}";type={file.type};encoder=base64'
            argv += ["-F", f"=@{file.path};{name}"]
        return argv


class Mutt(client.Client):
    """mutt in batch mode."""

    name = "mutt"

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the only letter of a job."""
        (letter,) = job.letters
        job.store(where.job)
        scheme = "smtps" if job.port == smtp.SUBMISSIONS else "smtp"
        user = urllib.parse.quote(job.user, safe="")
        options = {
            "from": job.user,
            "smtp_url": f"{scheme}://{user}@{job.host}:{job.port}/",
            "smtp_pass": job.password,
            "certificate_file": letters.CERTIFICATE,
            "ssl_force_tls": "yes",
            "copy": "no",
        }
        lines = [f'set {name}="{value}"\n' for name, value in options.items()]
        where.write("muttrc", "".join(lines))
        argv = ["mutt", "-F", "/job/muttrc", "-s", letter.title]
        for file in letter.files:
            # The file's own name is the attachment's.
            where.write(file.name, file.octets)
            argv += ["-a", f"/job/{file.name}"]
        status, text = where.run(*argv, "--", *letter.to, stdin=letter.text.encode())
        return letters.Outcome(int(status == 0), set(), text)


class Snail(client.Client):
    """s-nail, the mailx of today, in batch mode.

    After a refusal it ends TLS without a QUIT and waits 42 s for exim to do so too.
    """

    name = "s-nail"
    ends_at_once = False

    def send(self, where: place.Place, job: letters.Job) -> letters.Outcome:
        """Send the only letter of a job."""
        (letter,) = job.letters
        job.store(where.job)
        implicit = job.port == smtp.SUBMISSIONS
        user, word = (urllib.parse.quote(x, safe="") for x in (job.user, job.password))
        options = {
            "mta": f"{'smtps' if implicit else 'smtp'}://{user}:{word}@{job.host}:{job.port}",
            "from": job.user,
            "smtp-auth": "plain",
            "tls-ca-file": letters.CERTIFICATE,
            "tls-verify": "strict",
        }
        lines = ["set v15-compat sendwait expandaddr=fail\n"]
        lines += [] if implicit else ["set smtp-use-starttls\n"]
        lines += [f'set {name}="{value}"\n' for name, value in options.items()]
        where.write("mailrc", "".join(lines))
        argv = ["s-nail", "-s", letter.title]
        for file in letter.files:
            where.write(file.name, file.octets)
            argv += ["-a", f"/job/{file.name}"]
        env = {"MAILRC": "/job/mailrc"}
        status, text = where.run(*argv, *letter.to, stdin=letter.text.encode(), env=env)
        return letters.Outcome(int(status == 0), set(), text)


def refused(text: str) -> set[str]:
    """Return the recipients that a dialogue shows as refused."""
    dialogue = re.sub(r"^[{}] \[.*\n", "", text, flags=re.MULTILINE)
    return {found["address"] for found in _REFUSED.finditer(dialogue)}


COMMAND_LINES: tuple[client.Client, ...] = (Swaks(), Msmtp(), Curl(), Mutt(), Snail())
