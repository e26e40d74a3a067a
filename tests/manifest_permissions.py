# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Writes the permissions of all nouns into the element's manifest (`make openapi`)."""

import json
import pathlib
import re

from exordos_mail.schema import catalogue

MANIFEST = pathlib.Path(__file__).parents[1] / "exordos/manifests/mailaas.yaml.j2"
_LIST = re.compile(r"(?<=set permissions = \{\n).*?(?=\} %\})", re.DOTALL)


def text() -> str:
    """Return the manifest with the permissions of today."""
    lines = (
        f"    {json.dumps(noun.permission)}: {json.dumps(noun.actions)},\n"
        for noun in catalogue.nouns().values()
    )
    return _LIST.sub("".join(lines), MANIFEST.read_text())


if __name__ == "__main__":
    MANIFEST.write_text(text())
