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

"""One host cannot take all connections; the node's own probe gets through."""

from exordos_mail.dataplane import probe

_FLOOD = """
import socket
held, answers = [], []
for number in range(52):
    one = socket.create_connection(("192.0.2.1", 25), timeout=10)
    answers.append(one.recv(100)[:3].decode())
    held.append(one)
print(answers.count("220"), answers.count("421"))
"""


def test_fifty_connections_of_one_host(mail, internet):
    assert internet.run(_FLOOD).split() == ["50", "2"]
    assert probe.running_revision(mail.layout)
