# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The plugin contract is light: the platform imports it in every process."""

import importlib
import json
import subprocess
import sys

from exordos_mail import constants as c
from exordos_mail import definition
from exordos_mail.schema import catalogue

_IMPORT = """
import json, sys
import exordos_mail.definition as definition
definition.MailDefinition().get_migrations_path()
definition.MailDefinition().get_agent_models()
print(json.dumps(sorted(sys.modules)))
"""

# What an import error of would break every plugin's processes.
HEAVY = (
    "exordos_mail.controlplane",
    "exordos_mail.dataplane",
    "exordos_mail.standards",
    "restalchemy",
    "gcl_sdk",
    "gcl_iam",
    "psycopg",
    "passlib",
    "cryptography",
    "jinja2",
    "oslo_config",
)


def test_importing_the_definition_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], check=True, capture_output=True, text=True
    )
    loaded = json.loads(done.stdout)
    assert "exordos_mail.definition" in loaded
    for name in HEAVY:
        assert not [one for one in loaded if f"{one}.".startswith(f"{name}.")]


_ALONE = """
import importlib.abc, sys

class OnlyTheRegistry(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        top = name.partition(".")[0]
        ours = ("exordos_mail", "exordos_mail.constants", "exordos_mail.definition")
        ours = name in ours or name.startswith("exordos_mail.schema")
        if ours or top in sys.stdlib_module_names or top == "exordos_metapaas":
            return None
        raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, OnlyTheRegistry())
import exordos_metapaas.registry
from exordos_mail import definition
found = definition.MailDefinition()
print(found.slug, found.element_name, len(found.get_agent_models()))
print(len(found.get_agent_filters()), found.get_migrations_path())
"""


def test_the_definition_loads_where_nothing_of_ours_can_be_imported() -> None:
    # As if a dependency, or any module of ours that does anything, failed to import:
    # the processes that all plugins share still start (exordos_metapaas registry.py,
    # discover_paas()).
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], check=True, capture_output=True, text=True
    )
    declarable = [one for one in catalogue.nouns().values() if one.declarable]
    assert done.stdout.startswith(f"mail mailaas {len(declarable)}\n")


def test_the_definition_names_models_that_exist() -> None:
    paas = definition.MailDefinition()
    assert paas.slug == c.SLUG == "mail"
    assert paas.get_agent_models().keys() == paas.get_agent_filters().keys()
    for kind, path in paas.get_agent_models().items():
        module, name = path.split(":")
        model = getattr(importlib.import_module(module), name)
        assert paas.get_agent_filters()[kind] in model.properties


def test_the_definition_mounts_the_routes() -> None:
    from exordos_mail.controlplane.api import routes

    assert definition.MailDefinition().get_type_route() is routes.MailRoute
