# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""nginx's configuration; the whole of it is in the golden tree of the node."""

import dataclasses
import json
import re

import pytest

from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import problems, render
from exordos_mail.send import options
from exordos_mail.send.api import routes

_PATHS = paths_lib.Paths()
_NAMES = render.Names("mx.example.net", "example.com")
_ONE = render.Site(("example.com",), "1")
_OTHER = render.Site(("mail.example.org", "send.example.org"), "2")


def _conf(*sites: render.Site, paths: paths_lib.Paths = _PATHS) -> str:
    made = render.configuration(sites, _NAMES, "/run/x.sock", paths)
    return made[paths.conf].content.decode()


def test_revision_is_that_of_all_that_nginx_reads(monkeypatch):
    def revision(*sites: render.Site) -> str:
        render.configuration.cache_clear()
        made = render.configuration(sites, _NAMES, "/run/x.sock", _PATHS)
        found = render.revision(made[_PATHS.conf])
        assert f'return 200 "{found}";' in made[_PATHS.conf].content.decode()
        return found

    first = revision(_ONE)
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert revision(_ONE) == first
    # Another certificate is another configuration, and so is another text of an error.
    assert revision(dataclasses.replace(_ONE, digest="3")) != first
    assert revision(_OTHER) != first
    monkeypatch.setattr(problems, "ALL", problems.ALL[1:])
    assert revision(_ONE) != first
    render.configuration.cache_clear()


def test_each_certificate_has_its_names():
    text = _conf(_ONE, _OTHER)
    blocks = [
        block for block in text.split("\n    server {") if "ssl_certificate " in block
    ]
    shown = [re.findall(r"ssl_certificate (\S+);", block) for block in blocks]
    first, second = (f"{_PATHS.tls_dir}/{one.names[0]}" for one in (_ONE, _OTHER))
    assert shown == [[f"{one}/cert.pem"] for one in (first, first, second)]
    default, ours, other = blocks
    assert "default_server" in default and "http://send" not in default
    assert "server_name example.com;" in ours and r'"~^[0-9.]+$"' in ours
    assert "server_name mail.example.org send.example.org;" in other
    assert r'"~^[0-9.]+$"' not in other


@pytest.mark.parametrize("name", ["", "a b", "a;b", "$host", "A.com", "~^x", "x\n"])
def test_nothing_but_a_host_gets_into_it(name):
    with pytest.raises(ValueError, match="not a plain host name"):
        render.Site((name,), "1")


def test_machine_without_ipv6():
    text = _conf(_ONE, paths=_PATHS.without_ipv6())
    assert "[::]" not in text
    assert "listen 443 ssl" in text


def test_rehearsal_touches_nothing_of_what_is_in_service():
    text = _conf(_ONE, paths=_PATHS.rehearsal())
    for path in (_PATHS.directory, _PATHS.run_dir, _PATHS.cache_dir):
        assert f"{path}/" not in text
    listens = re.findall(r"listen (\S+)", text)
    assert {one.partition(":")[0] for one in listens} == {"unix"}


def test_all_routes_of_the_send_service_are_behind_it():
    (pattern,) = re.findall(r"location ~ (\S+) \{", _conf(_ONE))
    for route in routes.TABLE:
        assert re.match(pattern, route.path), route.path


def test_bodies_are_as_large_as_the_send_service_takes():
    assert options.NAMED["body_mib"].default * 1024 * 1024 == problems.BODY_MAX
    assert f"client_max_body_size {problems.BODY_MAX >> 20}m;" in _conf(_ONE)


@pytest.mark.parametrize("problem", problems.ALL, ids=lambda one: str(one.causes))
def test_problem_is_one_text_of_nginx(problem):
    assert json.loads(problem.body)["status"] == problem.status
    assert not set(problem.body) & set("'$\\")
