# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The element's manifest says what the code needs, no more and no less."""

import inspect
import pathlib
import re
import typing as tp

import jinja2
import pytest
from restalchemy.api import actions as ra_actions
from restalchemy.api import field_permissions as field_p
import yaml

from exordos_mail import constants as c
from exordos_mail import definition
from exordos_mail.controlplane.api import bulk, controllers
from exordos_mail.controlplane.dm import declared, refusal
from exordos_mail.schema import catalogue
from tests import manifest_permissions

MANIFESTS = pathlib.Path(__file__).resolve().parents[2] / "exordos/manifests"
EM_PROJECT = "12345678-c625-4fee-81d5-f691897b8142"
METAPAAS_PROJECT = "4d657461-0000-0000-0000-000000000002"
OWNER_ROLE = "726f6c65-0000-0000-0000-000000000002"

Resources = dict[str, dict[str, dict[str, tp.Any]]]


@pytest.fixture(scope="module")
def resources() -> Resources:
    """What the element declares."""
    template = jinja2.Template(
        (MANIFESTS / "mailaas.yaml.j2").read_text(), undefined=jinja2.StrictUndefined
    )
    text = template.render(
        name=c.ELEMENT_NAME,
        version="1.0.0",
        artifacts={"wheel": "urn:artifacts:1"},
        images={"exordos_metapaas_mail_dp": "urn:images:1"},
    )
    return tp.cast(Resources, yaml.safe_load(text)["resources"])


def actions_of(controller: type) -> set[str]:
    """Return the actions for which a controller asks for a permission.

    Those of the SDK's base class, of which a catalogue is for reading only.
    """
    resource = controller.__resource__  # type: ignore[attr-defined]
    writable = resource.fields_permissions._permission == field_p.Permissions.RW
    usual = {"create", "read", "update", "delete"} if writable else {"read"}
    own = {
        name
        for name, value in vars(controller).items()
        if isinstance(value, ra_actions.ActionHandler)
    }
    return usual | own


def wanted_permissions() -> set[str]:
    """Return the permissions that the controllers check."""
    return {
        f"{controller.__policy_service_name__}.{controller.__policy_name__}.{action}"
        for controller in map(controllers.of, catalogue.nouns())
        for action in actions_of(controller)
    }


def test_the_manifest_has_the_permissions_of_all_nouns() -> None:
    assert manifest_permissions.MANIFEST.read_text() == manifest_permissions.text()


def test_a_controller_enforces_nothing_else_by_itself() -> None:
    found = re.findall(r"_enforce\(\s*\"(\w+)\"", inspect.getsource(bulk))
    assert set(found) <= {"create", "read", "update", "delete"}


def test_the_permissions_are_those_that_the_controllers_check(
    resources: Resources,
) -> None:
    declared_names = [
        one["name"] for one in resources["$core.iam.permissions"].values()
    ]
    assert sorted(declared_names) == sorted(wanted_permissions())


def test_each_permission_is_bound_to_the_owner_role(resources: Resources) -> None:
    bound = {
        one["permission"] for one in resources["$core.iam.permissionbinding"].values()
    }
    names = resources["$core.iam.permissions"]
    assert bound == {f"$core.iam.permissions.${name}:uuid" for name in names}
    for one in resources["$core.iam.permissionbinding"].values():
        assert (one["role"], one["project_id"]) == (OWNER_ROLE, METAPAAS_PROJECT)


def test_the_type_is_that_of_the_definition(resources: Resources) -> None:
    (mail,) = resources["$metapaas.types"].values()
    assert mail["name"] == definition.MailDefinition.slug
    assert mail["element_name"] == definition.MailDefinition.element_name
    assert mail["package"] == "urn:artifacts:1"
    assert mail["project_id"] == METAPAAS_PROJECT


def test_the_catalogue_is_found_again_by_its_description(resources: Resources) -> None:
    paths = definition.MailDefinition().get_agent_filters()
    assert paths["versions"] == "description"
    (versions,) = [v for k, v in resources.items() if k.endswith(".versions")]
    for one in versions.values():
        assert one["description"] == EM_PROJECT
        assert not isinstance(
            declared.DeclaredVersion.restore_from_simple_view(**one), refusal.Refusal
        )


def test_the_example_declares_what_settles() -> None:
    example = yaml.safe_load((MANIFESTS / "examples/example_mail.yaml").read_text())
    ours = {k: v for k, v in example["resources"].items() if k.startswith("$mailaas")}
    subpaths = {
        ".".join(part for part in kind.split(".")[3:] if not part.startswith("$"))
        for kind in ours
    }
    models = definition.MailDefinition().get_agent_models()
    assert subpaths == {
        "instances",
        "instances.accounts",
        "instances.tenants",
        "instances.tenants.api_keys",
    }
    assert subpaths <= models.keys()
    for objects in ours.values():
        for one in objects.values():
            assert one["project_id"] == EM_PROJECT


def test_the_platform_takes_the_names_of_all_kinds() -> None:
    for subpath in definition.MailDefinition().get_agent_models():
        path = subpath.replace(".", "_")
        kind = f"em_{c.ELEMENT_NAME}_types_{c.SLUG}_{path}"
        # columns of that width (gcl_sdk agents/universal/dm/models.py)
        assert len(kind) <= 64
