# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

import logging

import pytest

from exordos_mail.dataplane.agent import log_lines


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
