# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What one `exordos build` gives."""

import hashlib
import json
import pathlib
import zipfile

import pytest
import yaml

from tests.install import conftest, release

# Runs with Core's own packages: its schema of manifests, with every type of resource
# that Core knows.
VALIDATE = """
import sys, yaml
from exordos_core.elements.dm import utils
schema = utils.build_full_schema(
    utils.load_base_manifest_schema(), utils.load_user_api_spec()
)
for path in sys.argv[1:]:
    with open(path) as stream:
        manifest = utils.mutate_manifest(yaml.safe_load(stream), schema)
    utils.validate_manifest(manifest, schema)
    print("valid")
"""


def test_manifest_wheel_and_image_come_from_one_build(today: release.Release) -> None:
    inventory = json.loads((today.home / "inventory.json").read_text())
    manifest = yaml.safe_load(today.manifest.read_text())
    (wheel,), (image,) = inventory["artifacts"], inventory["images"]
    assert manifest["version"] == inventory["version"] == today.version
    assert wheel == f"exordos_mail-{today.version}-py3-none-any.whl"
    assert (today.home / "images" / image).is_file()
    declared = manifest["resources"]
    names = {
        declared["$metapaas.types"]["mail"]["package"]: ("artifacts", wheel),
        declared["$mailaas.types.mail.versions"]["exim4_1"]["image"]: ("images", image),
    }
    for urn, (category, file) in names.items():
        _, kind, uuid = urn.split(":")
        assert (kind, inventory["index"][kind][uuid]) == (category, file)


def test_the_manifests_hold_to_cores_schema(
    today: release.Release, core: pathlib.Path
) -> None:
    paths = (today.manifest, conftest.EXAMPLE)
    done = release.run(core / "bin/python", "-c", VALIDATE, *paths)
    assert done.split() == ["valid"] * len(paths)


def test_the_wheel_holds_what_the_plugin_needs(today: release.Release) -> None:
    with zipfile.ZipFile(today.wheel) as wheel:
        names = wheel.namelist()
    for needed in (
        "migrations",
        "migrations/initial",
        "migrations/mailboxes",
        "dataplane/services/exim/templates",
    ):
        source = release.REPO / "exordos_mail" / needed
        for path in source.iterdir():
            if path.is_file():
                assert f"exordos_mail/{needed}/{path.name}" in names
    assert not [name for name in names if name.startswith("tests")]


def test_the_same_sources_give_the_same_wheel(
    today: release.Release,
    client: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def digest(one: release.Release) -> str:
        return hashlib.sha256(one.wheel.read_bytes()).hexdigest()

    source = today.elements.parents[1] / "source"
    commit = release.run("git", "-C", source, "log", "-1", "--format=%ct").strip()
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{commit} +0000")
    again = release.build(release.this_work_tree, tmp_path / "again", client)
    assert digest(again) == digest(today)
