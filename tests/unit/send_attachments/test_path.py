# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Paths stay inside of their storage."""

import os.path

import hypothesis
import hypothesis.strategies as st
import pytest

from exordos_mail.send.attachments import path
from exordos_mail.send.attachments.failures import PermanentFailure


@pytest.mark.parametrize(
    "text", ["a.pdf", "2026/11/a b.pdf", "..a/b..", "100%.pdf", "\u00fc/\u6587.txt"]
)
def test_a_relative_path_is_taken_as_it_is(text: str) -> None:
    assert path.parts(text) == tuple(text.split("/"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/etc/passwd",
        "//etc/passwd",
        "..",
        "../secret",
        "a/../../secret",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "a\\..\\b",
        "a\x00.pdf",
        "a\nb",
        "\x7f",
        "%2e%2e/secret",
        "%2E%2e%2fsecret",
        "..%2fsecret",
        "%252e%252e/secret",
        "%25252e%25252e%25252fsecret",
        "%2fetc/passwd",
        "a%00.pdf",
        "..%5csecret",
        "\uff0e\uff0e/secret",
        "\uff0e\uff0e\uff0fsecret",
        "%ef%bc%8e%ef%bc%8e/secret",
    ],
)
def test_a_path_that_leaves_is_refused(text: str) -> None:
    with pytest.raises(PermanentFailure):
        path.parts(text)


@pytest.mark.parametrize("text", ["/etc/passwd", "%2fetc/passwd", "\uff0fetc"])
def test_an_absolute_path_is_told_that_it_is_one(text: str) -> None:
    with pytest.raises(PermanentFailure, match="must be relative"):
        path.parts(text)


@hypothesis.given(
    st.text(st.sampled_from("./%2eEfF5cC\\ab\x00\uff0e\uff0f"), max_size=20)
)
def test_whatever_is_taken_stays_inside(text: str) -> None:
    try:
        parts = path.parts(text)
    except PermanentFailure:
        return
    whole = os.path.normpath(os.path.join("/storage", *parts))
    assert whole == "/storage/" + text
