# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""MTA-STS policies: what is written, and what is read (RFC 8461)."""

import dataclasses

import pytest

from exordos_mail.standards import mta_sts

_POLICY = mta_sts.Policy("enforce", ("mail.example.com", "old.example.com"), 604800)
_TEXT = (
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\n"
    "mx: old.example.com\r\nmax_age: 604800\r\n"
)


def test_file_is_that_of_the_rfc():
    assert _POLICY.text == _TEXT
    assert mta_sts.parse(_TEXT) == _POLICY


def test_id_is_another_one_for_each_text():
    ids = {
        _POLICY.id,
        dataclasses.replace(_POLICY, mode="testing").id,
        dataclasses.replace(_POLICY, mx=("mail.example.com",)).id,
        dataclasses.replace(_POLICY, mx=_POLICY.mx[::-1]).id,
        dataclasses.replace(_POLICY, max_age=604801).id,
    }
    assert len(ids) == 5
    # 1*32(ALPHA / DIGIT), section 3.1.
    assert all(len(one) <= 32 and one.isalnum() for one in ids)
    assert _POLICY.record == f"v=STSv1; id={_POLICY.id};"


def test_no_host_is_needed_to_go():
    gone = mta_sts.Policy("none", (), 86400)
    assert gone.text == "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
    assert mta_sts.parse(gone.text) == gone


@pytest.mark.parametrize(
    "text",
    [
        _TEXT.replace("\r\n", "\n"),
        _TEXT.replace("mode:", "mode:\t  "),
        _TEXT + "future_field: 7\r\n",
        _TEXT.removesuffix("\r\n"),
    ],
)
def test_what_senders_take_is_read(text):
    assert mta_sts.parse(text) == _POLICY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n",
        "version: STSv1",
        _TEXT.replace("STSv1", "STSv2"),
        _TEXT.replace("version: STSv1\r\n", ""),
        _TEXT + "version: STSv1\r\n",
        _TEXT + "mode: none\r\n",
        _TEXT.replace("enforce", "Enforce"),
        _TEXT.replace("604800", "-1"),
        _TEXT.replace("604800", "31557601"),
        _TEXT.replace("604800", "9" * 5000),
        _TEXT.replace("604800", "٣"),
        _TEXT.replace("mx: mail.example.com", "mx: mail.example.com; x"),
        _TEXT.replace("mail.example.com", "*.*.example.com"),
        _TEXT.replace("mail.example.com", "*"),
        _TEXT.replace("mail.example.com", "192.0.2.1"),
        _TEXT.replace("mail.example.com", "Mail.example.com"),
        _TEXT.replace("mx: mail.example.com\r\nmx: old.example.com\r\n", ""),
        _TEXT + "x\0: y\r\n",
        _TEXT + "x: " + "y" * 70_000,
        "<html></html>",
    ],
)
def test_what_is_no_policy_is_refused(text):
    with pytest.raises(mta_sts.PolicyError) as caught:
        mta_sts.parse(text)
    assert "Enforce" not in str(caught.value)


def test_wildcard_stands_for_one_label():
    text = _TEXT.replace("mail.example.com", "*.mail.example.com")
    assert mta_sts.parse(text).mx[0] == "*.mail.example.com"
