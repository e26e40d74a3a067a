# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The file with the key for updates of the DNS."""

import pathlib

import pytest

from exordos_mail.controlplane.dns.publish import key_file

SECRET = "c2VjcmV0IG9mIHRoZSBvcGVyYXRvciBpbiBmdWxsLi4="
GOOD = f'key "operator." {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n'


def test_a_key_of_tsig_keygen_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    path.write_text("# the operator's\n" + GOOD)
    path.chmod(0o640)
    key = key_file.read(str(path))
    assert (key.name.to_text(), key.algorithm.to_text()) == (
        "operator.",
        "hmac-sha256.",
    )
    assert key.secret == b"secret of the operator in full.."


@pytest.mark.parametrize(
    "text",
    [
        'key "operator." { secret "/8v//w=="; };',
        "key operator. { secret /8v//w==; };",
        '# the operator\'s "\nkey operator. { secret "/8v//w==";// "\n};',
        'key operator. {/* secret "AAAA"; */ secret "/8v//w=="; }; /* " */ // /*',
    ],
)
def test_strokes_in_a_secret_begin_no_comment(text: str) -> None:
    assert key_file.parse(text).secret == b"\xff\xcb\xff\xff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        GOOD + GOOD,
        GOOD.replace("hmac-sha256", "hmac-md5"),
        GOOD.replace(SECRET, SECRET[:-1]),
        GOOD.replace(SECRET, ""),
        "{" * 100_000,
    ],
)
def test_anything_else_is_refused_without_the_secret(text: str) -> None:
    with pytest.raises(key_file.KeyFileError) as caught:
        key_file.parse(text)
    assert SECRET[:8] not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "key"
    path.write_text(GOOD)
    path.chmod(0o644)
    with pytest.raises(key_file.KeyFileError, match="others must not"):
        key_file.read(str(path))
    with pytest.raises(key_file.KeyFileError, match="FileNotFoundError"):
        key_file.read(str(tmp_path / "missing"))
