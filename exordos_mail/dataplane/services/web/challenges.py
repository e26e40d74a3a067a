# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Challenges of the certificate authority (HTTP-01, RFC 8555 section 8.3)."""

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import render


def files(
    state: payload_lib.Payload, paths: paths_lib.Paths
) -> dict[str, files_lib.File]:
    """Return a file for each token, which nginx shows without being told of it.

    A bucket whose text is lost has none until the next one comes.
    """
    found: dict[str, files_lib.File] = {}
    for bucket in state.digests("challenges"):
        try:
            documents = state.bucket("challenges", bucket)
        except payload_lib.DamagedBucket:
            continue
        for token, document in documents.items():
            said = document["key_authorization"].encode("ascii")
            found[f"{paths.challenges}/{token}"] = render.file(said)
    return found
