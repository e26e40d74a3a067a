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

import logging

import pytest

from exordos_mail.dataplane import log_lines


@pytest.fixture
def lines():
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(log_lines.OneLineFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("test_log_lines")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger, written
    logger.removeHandler(handler)


def fail(text):
    raise ValueError(text)


def test_an_exception_is_one_line_without_its_text(lines):
    logger, written = lines
    try:
        fail("holds $6$secret")
    except ValueError:
        logger.exception("Error deleting resource")
    (line,) = written
    assert line.startswith("ERROR Error deleting resource | ValueError at fail (")
    assert "secret" not in line
    assert "\n" not in line


def test_the_chain_is_told_and_network_errors_say_why(lines):
    logger, written = lines
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise RuntimeError("cannot ask") from error
    except RuntimeError:
        logger.exception("no answer")
    (line,) = written
    assert "RuntimeError at" in line
    assert " from ConnectionRefusedError: [Errno 111] Connection refused at" in line


def test_a_message_of_several_lines_is_one_line(lines):
    logger, written = lines
    logger.info("one\ntwo")
    assert written == ["INFO one | two"]
