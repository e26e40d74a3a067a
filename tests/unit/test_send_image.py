# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node's image has what the send service needs, where the unit looks for it."""

import configparser
import pathlib
import re

from setuptools.config import pyprojecttoml

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout
from exordos_mail.dataplane.services.web import paths as web_paths

_REPO = pathlib.Path(__file__).parents[2]
_IMAGES = _REPO / "exordos" / "images"
_LAYOUT = layout.Layout()


def _name(requirement: str) -> str:
    """Return a requirement's project and extras, without versions and markers."""
    (found,) = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?", requirement)
    return found.lower().replace("_", "-")


def _required() -> list[str]:
    lines = (_IMAGES / "node-requirements.txt").read_text().splitlines()
    return [_name(line) for line in lines if not line.startswith("#")]


def _unit(name: str = c.SEND_UNIT) -> configparser.SectionProxy:
    # Options that may stand more than once are of no interest here.
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    text = (_REPO / "etc/systemd" / name).read_text().replace("\\\n", " ")
    parser.read_string(text)
    return parser["Service"]


def test_image_has_all_dependencies_of_the_send_service():
    whole = pyprojecttoml.read_configuration(_REPO / "pyproject.toml", expand=False)
    extras = whole["project"]["optional-dependencies"]
    wanted = {_name(one) for one in extras["send"]}
    assert wanted <= set(_required())


def test_image_names_no_package_twice():
    assert len(_required()) == len(set(_required()))


def test_every_package_of_the_image_has_its_version():
    text = (_REPO / "constraints/platform.txt").read_text()
    pinned = {_name(line) for line in text.splitlines() if "==" in line}
    assert {name.partition("[")[0] for name in _required()} <= pinned


def test_unit_is_about_the_paths_that_the_agent_knows():
    service = _unit()
    words = service["ExecStart"].split()
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert options == {
        "--data": _LAYOUT.send_data_dir,
        "--control": _LAYOUT.send_socket,
        "--listen": f"unix:{_LAYOUT.send_http_socket}",
        "--listen-group": web_paths.USER,
        "--smtp": f"127.0.0.1:{_LAYOUT.send_port}",
        "--smtp-user": c.SEND_SMTP_USER,
        "--smtp-password-file": _LAYOUT.send_secret,
        "--max-connections": "100",
    }
    assert service["EnvironmentFile"] == _LAYOUT.send_environment
    run_dir = f"/run/{service['RuntimeDirectory']}"
    assert f"{run_dir}/control.sock" == _LAYOUT.send_socket
    assert f"{run_dir}/http.sock" == _LAYOUT.send_http_socket
    assert service["SupplementaryGroups"] == web_paths.USER
    assert service["ReadWritePaths"] == _LAYOUT.send_data_dir
    assert (service["User"], service["Group"]) == (c.SEND_USER, _LAYOUT.send_group)


def test_unit_starts_only_with_a_secret():
    text = (_REPO / "etc/systemd" / c.SEND_UNIT).read_text()
    assert f"\nConditionPathExists={_LAYOUT.send_secret}\n" in text


def test_scripts_make_and_keep_what_the_unit_needs():
    install = (_IMAGES / "dp_install.sh").read_text()
    bootstrap = (_IMAGES / "dp_bootstrap.sh").read_text()
    for script in (install, bootstrap):
        assert f"SEND_USER={c.SEND_USER}\n" in script
        assert f"SEND_DIR={_LAYOUT.send_data_dir}\n" in script
        assert c.SEND_UNIT in script
    assert 'persist "$SEND_DIR"\n' in bootstrap


def test_unit_of_nginx_is_about_the_paths_that_the_agent_knows():
    service, paths = _unit(web_paths.UNIT), web_paths.Paths()
    assert service["ExecStart"].split() == [
        *(web_paths.BINARY, "-e", "stderr", "-c", paths.conf)
    ]
    assert f"/run/{service['RuntimeDirectory']}" == paths.run_dir
    assert f"/var/cache/{service['CacheDirectory']}" == paths.cache_dir
    assert {service["User"], service["Group"]} == {web_paths.USER}
    text = (_REPO / "etc/systemd" / web_paths.UNIT).read_text()
    assert f"\nConditionPathExists={paths.conf}\n" in text


def test_image_runs_nginx_with_our_unit_only():
    install = (_IMAGES / "dp_install.sh").read_text()
    assert f"WEB_USER={web_paths.USER}\n" in install
    assert "systemctl -q mask nginx.service\n" in install
    for script in ("dp_install.sh", "dp_bootstrap.sh"):
        assert web_paths.UNIT in (_IMAGES / script).read_text()
