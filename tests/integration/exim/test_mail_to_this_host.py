#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Mail that the DNS sends back here ends in a clear answer, not in a loop."""

from tests.integration.exim import fixtures, waiting


def test_own_domain_with_its_mx_here_bounces(mail, internet):
    message = "From: alice@example.com\r\nSubject: to me\r\n\r\nx\r\n"
    before = len(mail.log())
    code, _ = fixtures.submit(message, recipients=["carol@example.com"])
    assert code == 250
    waiting.until(
        lambda: "no mailboxes" in mail.log()[before:],
        "the message is given up",
    )
    queue = mail.layout.disk(mail.layout.spool_dir) / "input"
    waiting.until(
        lambda: not [path for path in queue.rglob("*") if path.is_file()],
        "message and bounce have left the queue",
    )


def test_domain_without_mail_bounces(mail, internet):
    message = "From: alice@example.com\r\nSubject: nowhere\r\n\r\nx\r\n"
    before = len(mail.log())
    code, _ = fixtures.submit(message, recipients=["x@nowhere.invalid"])
    assert code == 250
    waiting.until(
        lambda: "** x@nowhere.invalid" in mail.log()[before:], "it is given up"
    )
