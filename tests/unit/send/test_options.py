# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the service: what is read, and what a wrong one is told."""

import pathlib
import re

import click
import pytest

from exordos_mail.send import backoff, options, settings
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.net import door
from exordos_mail.send.queue import bounds, settle
from exordos_mail.send.webhooks import settings as webhooks
from tests import command_line_page
from tests.unit.send.chosen import chosen

DOCS = pathlib.Path(__file__).parents[3] / "docs" / "send"


def test_defaults_are_those_of_the_parts() -> None:
    found = chosen()
    assert found.policy == Policy()
    assert found.webhooks == webhooks.WebhookSettings()
    assert found.connections == door.ConnectionBounds()
    assert found.waiting == bounds.DEFAULT
    assert found.retry == backoff.Backoff(settle.DELAYS)
    assert found.listen == ("127.0.0.1", 8025)
    assert found.data.is_absolute()


def test_lists_are_read() -> None:
    found = chosen("--networks=10.0.0.0/8,fd00::/8", "--ports=80,8000-8002").policy
    assert [str(one) for one in found.networks] == ["10.0.0.0/8", "fd00::/8"]
    assert found.ports == {80, 8000, 8001, 8002}
    found = chosen(
        "--directories=/a,/b", "--s3-endpoints=https://s3.example.com"
    ).policy
    assert found.directories == (pathlib.Path("/a"), pathlib.Path("/b"))
    assert found.s3_endpoints == {"https://s3.example.com"}


@pytest.mark.parametrize(
    ("option", "right"),
    [
        *(("--listen=80", "host:port"), ("--listen=a:65536", "host:port")),
        *(("--retry=", "seconds"), ("--retry=60,0", "seconds")),
        *(("--retry=soon", "seconds"), ("--webhook-retry=1,x", "seconds")),
        *(("--networks=10.0.0.1/8", "networks"), ("--ports=80,http", "numbers")),
        *(("--max-connections=0", "1<=x"), ("--reserve-mib=-1", "0<=x")),
        *(("--connections=1000000000", "x<=999999999"),),
        *(("--waiting-mib=2.5", "whole number from 1 to 999999999"),),
        *(("--keep-days=0", "0<x"), ("--log-days=nan", "number above 0")),
        *(("--log-days=1000000", "x<1000000"), ("--database-wait=-1", "0<=x")),
        *(("--webhook-timeout=long", "number above 0"),),
    ],
)
def test_a_wrong_one_is_named_with_what_is_right(option: str, right: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        chosen(option)
    name = option.partition("=")[0]
    assert name in caught.value.format_message()
    assert right in caught.value.format_message()


def test_a_variable_of_the_environment_is_an_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXORDOS_MAIL_SEND_KEEP_DAYS", "0.5")
    assert chosen().keep_days == 0.5
    assert chosen("--keep-days=2").keep_days == 2


def test_address_of_the_database_is_of_one_place(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "address"
    file.touch(0o600)
    file.write_text("postgresql://u@h/d\n")
    assert chosen(f"--database-file={file}").database == "postgresql://u@h/d"
    with pytest.raises(ValueError, match="not both"):
        chosen(f"--database-file={file}", "--database=postgresql://u@h/d")
    with pytest.raises(ValueError, match=r"^--database: not a postgresql://"):
        chosen("--database=mysql://u@h/d")


def test_the_documentation_names_no_option_that_is_none() -> None:
    known = {name for one in options.OPTIONS for name in one.opts}
    known |= {one.envvar for one in options.OPTIONS if isinstance(one.envvar, str)}
    page = (DOCS / "attachments.md").read_text()
    named = re.findall(r"`(--[a-z0-9-]+)|`(EXORDOS_MAIL_SEND_[A-Z0-9_]+)`", page)
    assert {one for pair in named for one in pair if one} <= known


def test_settings_have_a_member_for_each_single_option() -> None:
    assert set(settings.SINGLE) <= set(options.NAMED)


def test_page_has_every_option_of_the_service() -> None:
    """If this fails: `make openapi`."""
    found = command_line_page.SERVICE_PAGE.read_text()
    assert found == command_line_page.service_page()
    for one in options.OPTIONS:
        assert f"`{one.opts[0]} {one.metavar}`: " in found
        assert f"env var: {one.envvar}" in found
