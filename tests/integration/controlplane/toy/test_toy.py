# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A toy resource below an instance: one module and one migration, and all is there.

Both files are put into a copy of the product; its processes and commands are judged as
those of any other resource are.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as tp
import uuid as sys_uuid

import psycopg
from psycopg import rows
import pytest
import yaml

from tests.integration.controlplane.toy import speak
from tests.integration.support import client, migrations, postgres, tokens, user_api

ROOT = pathlib.Path(__file__).parents[4]
FILES = pathlib.Path(__file__).with_name("files")
#: What a developer adds, and where.
ADDED = {"toy.py": "schema", "9000-toys.py": "migrations"}
BEAR = {"code": "bear-1", "size": 30}


class Copy(tp.NamedTuple):
    """The product with the toy, and a database of its own."""

    root: pathlib.Path
    url: str

    def run(self, *command: str, given: str = "", **more: str) -> str:
        """Return what a program of the copy prints."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), **more},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def speak(self, what: str, value: tp.Any) -> tp.Any:
        """Return what a function of `speak` answers in the copy."""
        found = self.run(speak.__name__, what, self.url, given=json.dumps(value))
        return json.loads(found)


@pytest.fixture(scope="module")
def copy(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Make the copy, and bring a database to its schema."""
    root = tmp_path_factory.mktemp("toy")
    root.parent.chmod(0o755)
    root.chmod(0o755)
    shutil.copytree(ROOT / "exordos_mail", root / "exordos_mail")
    for metadata in ROOT.glob("exordos_mail.egg-info"):
        shutil.copytree(metadata, root / metadata.name)
    (root / "tests").symlink_to(ROOT / "tests")
    steps = root / "exordos_mail/migrations"
    head = max(path.name for path in steps.glob("[0-9]*.py"))
    for name, directory in ADDED.items():
        target = root / "exordos_mail" / directory / name
        assert not target.exists()
        text = (FILES / name).read_text()
        target.write_text(text.replace("{head}", head))
    url = cluster.create_database("toys")
    migrations.apply(url, migrations.PACKAGES[:-1])
    migrations.apply_directory(url, steps)
    return Copy(root, url)


@pytest.fixture(scope="module")
def api(copy: Copy) -> tp.Iterator[user_api.UserApi]:
    """The platform's user-api with the copy as its plugin."""
    server = user_api.UserApi(copy.url, workers=1, root=copy.root)
    try:
        server.start()
        yield server
        assert " HTTP/1.1 5" not in server.log()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def owner(api: user_api.UserApi) -> client.Client:
    """A user with all permissions."""
    return client.Client(api.url, sys_uuid.uuid4())


@pytest.fixture(scope="module")
def instance(copy: Copy, owner: client.Client) -> client.Body:
    """An instance of the user."""
    version = copy.speak("version", {"name": "v", "image": "http://images.test/x"})
    return owner.create("/instances/", client.instance_body(version["uuid"]))


@pytest.fixture(scope="module")
def toys(instance: client.Body) -> str:
    """The path of its toys."""
    return f"/instances/{instance['uuid']}/toys/"


@pytest.fixture(scope="module")
def bear(owner: client.Client, toys: str) -> client.Body:
    """A toy, as the API answered its creation."""
    return owner.create(toys, BEAR)


def test_rest(
    owner: client.Client, instance: client.Body, toys: str, bear: client.Body
) -> None:
    assert (bear["colour"], bear["project_id"]) == ("brown", instance["project_id"])
    path = toys + bear["uuid"]
    assert owner.get(path).json() == bear
    assert owner.get(toys, code="bear-1").json() == [bear]
    assert owner.patch(path, {"size": 40}).json()["size"] == 40
    for method, body, text in (
        (owner.patch, {"size": 201}, "size: a whole number from 1 to 200"),
        (owner.patch, {"colour": "red"}, "colour: one of brown, white"),
        (owner.patch, {"code": "x"}, "code: it is set at creation"),
        (owner.patch, {"eyes": 2}, "unknown field: eyes"),
    ):
        answer = method(path, body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(text)
    again = owner.post(toys, BEAR)
    assert again.status_code == 409
    assert again.json()["message"] == (
        "a toy of this code or uuid exists, or the instance is gone"
    )
    gone = owner.get(toys + str(sys_uuid.uuid4()))
    assert (gone.status_code, gone.json()["message"]) == (404, "no such toy")


def test_permissions(
    api: user_api.UserApi, owner: client.Client, toys: str, bear: client.Body
) -> None:
    path = toys + bear["uuid"]
    instances = "exordos_mail.mail_instance.read"
    without = client.Client(api.url, owner.project, [instances])
    assert without.get(path).status_code == 403
    assert without.post(toys, {**BEAR, "code": "b"}).status_code == 403
    reader = client.Client(api.url, owner.project, [instances, "exordos_mail.toy.read"])
    assert reader.get(path).status_code == 200
    assert reader.delete(path).status_code == 403


def test_permissions_of_the_element(copy: Copy) -> None:
    shutil.copytree(ROOT / "exordos", copy.root / "exordos")
    found = copy.speak("manifest", None)
    assert '"toy": ["create", "read", "update", "delete"]' in found


def test_description(copy: Copy) -> None:
    target = copy.root / "openapi.yaml"
    copy.run("exordos_mail.openapi", str(target))
    document = yaml.load(target.read_text(), yaml.CSafeLoader)
    (path,) = [one for one in document["paths"] if one.endswith("/toys/")]
    assert set(document["paths"][path]) >= {"get", "post"}
    shown = document["components"]["schemas"]["MailToy_Get"]["properties"]
    assert shown["colour"]["enum"] == ["brown", "white"]
    assert shown["size"]["description"] == "Height in centimetres."
    assert shown["size"]["maximum"] == 200


def test_audit(copy: Copy, owner: client.Client, toys: str) -> None:
    made = owner.create(toys, {"code": "audited", "size": 1})
    owner.patch(toys + made["uuid"], {"size": 2})
    assert owner.delete(toys + made["uuid"]).status_code == 204
    with psycopg.connect(copy.url, row_factory=rows.dict_row) as connection:
        events = connection.execute(
            "SELECT action, snapshot FROM gcl_sdk_audit_events"
            " WHERE resource_type = 'mail_toy' AND resource_uuid = %s"
            " ORDER BY created_at",
            (made["uuid"],),
        ).fetchall()
    assert [one["action"] for one in events] == ["create", "update", "delete"]
    assert events[1]["snapshot"]["changed_fields"] == ["size"]


def test_manifests(copy: Copy, instance: client.Body) -> None:
    declared = {
        "uuid": str(sys_uuid.uuid4()),
        "instance": instance["uuid"],
        "project_id": instance["project_id"],
        "code": "declared",
        "size": 5,
    }
    assert "instances.toys" in copy.speak("declarable", None)
    found = copy.speak("declare", declared)
    assert found.items() >= declared.items()
    refused = copy.speak("declare", {**declared, "size": 0, "uuid": str(tokens.USER)})
    assert refused["status_reason"] == "size: a whole number from 1 to 200"


def test_documents_of_the_node(
    copy: Copy, owner: client.Client, instance: client.Body, toys: str
) -> None:
    def documents() -> tp.Any:
        return copy.speak("documents", instance["uuid"])

    before = documents()
    made = owner.create(toys, {"code": "known", "size": 7})
    found = documents()
    assert found["documents"]["known"] == {"colour": "brown", "size": 7}
    assert found["generation"] == before["generation"] + 1
    assert found["digests"] != before["digests"]
    owner.patch(toys + made["uuid"], {"name": "for people alone"})
    assert documents()["digests"] == found["digests"]
    owner.delete(toys + made["uuid"])
    assert documents()["digests"] == before["digests"]


def test_commands(
    copy: Copy, api: user_api.UserApi, owner: client.Client, instance: client.Body
) -> None:
    home = copy.root / "home"
    home.mkdir()
    token = owner.session.headers["Authorization"].removeprefix("Bearer ")

    def run(*arguments: str, given: str = "") -> str:
        return copy.run(
            "exordos_mail.cli.program", *arguments, given=given, HOME=str(home)
        )

    add = ["contexts", "add", "cloud", "--platform", "--metapaas-url", api.url]
    run(*add, "--token-file", "-", given=token)
    of_instance = ["--instance", instance["uuid"]]
    run("toys", "add", "rabbit", "--size", "20", "--colour", "white", *of_instance)
    shown = json.loads(run("toys", "show", "rabbit", *of_instance, "--json"))
    assert (shown["colour"], shown["size"]) == ("white", 20)
    run("toys", "change", "rabbit", "--size", "21", *of_instance)
    assert "rabbit" in run("toys", "list", *of_instance)
    run("toys", "remove", "rabbit", *of_instance)
    assert "rabbit" not in run("toys", "list", *of_instance)
