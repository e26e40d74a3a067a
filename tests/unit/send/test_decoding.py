# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bodies in JSON: no member is there twice."""

import pytest

from exordos_mail.send.messages import intake
from exordos_mail.send.offload.frame import Order

_REST = '"from": "a@example.com", "text": "t"'
_PAD = "x" * 20_000


@pytest.mark.parametrize("pad", ["", _PAD])
@pytest.mark.parametrize(
    "members",
    [
        '"to": "b@example.net", "to": "c@example.net"',
        '"to": "b@example.net", "to" : "b@example.net"',
        '"to": "b@example.net", "t\\u006f": "c@example.net"',
        '"to": "b@example.net", "headers": {"X-A": "1", "X-A": "2"}',
        '"to": {"email": "b@example.net", "email": "c@example.net"}',
        '"to": "b@example.net", "to": "c@example.net", "subject": "\\u0022:"',
        '"to": "b@example.net", "to": "c@example.net", "subject": "\\"\\u003a"',
    ],
)
def test_member_that_is_there_twice_is_refused(members: str, pad: str) -> None:
    body = f'{{{_REST}, "html": "{pad}", {members}}}'.encode()
    problem = intake.read_one(body, Order(0)).problem
    assert problem is not None
    assert problem.errors[0].message == "this name occurs twice"


@pytest.mark.parametrize("pad", ["", _PAD])
def test_text_that_looks_like_members_is_none(pad: str) -> None:
    text = '\\"to\\": \\u0022to\\u0022: ' + pad
    body = f'{{{_REST}, "to": "b@example.net", "html": "{text}"}}'.encode()
    assert intake.read_one(body, Order(0)).problem is None
