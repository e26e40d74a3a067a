# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Runs the platform's own user-api with self-made tokens instead of Core's IAM.

The command names its IAM driver in the code, there is no option: so the name
is bound to another driver of gcl_iam's own kind first.
"""

import typing as tp

from exordos_metapaas.cmd import user_api
from gcl_iam import drivers
import jwt

from tests.integration.support import tokens


class TokenDriver(drivers.DummyDriver):
    """Answers introspection from the claims of the token itself."""

    def __init__(self, *_: tp.Any, **__: tp.Any) -> None:
        super().__init__()
        self.algorithm_keys = {
            tokens.AUDIENCE: drivers.HS256AlgorithmKeys(key=tokens.KEY)
        }

    def get_introspection_info(
        self, token_info: tp.Any, otp_code: str | None = None
    ) -> dict[str, tp.Any]:
        """Return what Core would, with the token's project and permissions."""
        info: dict[str, tp.Any] = super().get_introspection_info(token_info, otp_code)
        # the caller has verified the signature
        claims = jwt.decode(token_info.token, options={"verify_signature": False})
        info["project_id"] = claims["test_project"]
        info["permissions"] = claims["test_permissions"]
        return info


if __name__ == "__main__":
    drivers.HttpDriver = TokenDriver
    user_api.main()
