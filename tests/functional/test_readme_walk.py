# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The seed README, command by command, with curl and openssl alone."""

import json
import pathlib
import re
import subprocess

from tests.functional import api as api_module
from tests.functional import smtp, waiting

INSTANCE_BODY = """{
"name": "mail-prod",
"project_id": "4d657461-0000-0000-0000-000000000002",
"domain": "example.com",
"cpu": 2,
"ram": 2048,
"disk_size": 20,
"version": "/v1/types/mail/versions/<version-uuid>"
}"""

ACCOUNT_SCRIPT = r"""
HASH=$(openssl passwd -6 "mypassword")
curl --fail-with-body -sS -X POST $CP/v1/types/mail/instances/$INSTANCE/accounts/ \
-H 'Content-Type: application/json' \
-H "Authorization: Bearer $TOKEN" \
-d "{
\"username\": \"alice\",
\"password_hash\": \"${HASH}\",
\"project_id\": \"4d657461-0000-0000-0000-000000000002\",
\"instance\": \"/v1/types/mail/instances/$INSTANCE\"
}"
"""


def curl(api: api_module.Api, *arguments: str) -> api_module.Json:
    """Run curl with the README's headers and return the JSON that it prints."""
    run = subprocess.run(
        [
            *("curl", "--fail-with-body", "-sS"),
            *("-H", "Content-Type: application/json"),
            *("-H", f"Authorization: Bearer {api.token}"),
            *arguments,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    answer: api_module.Json = json.loads(run.stdout) if run.stdout else {}
    return answer


def test_the_commands_of_the_readme_work_as_they_stand(
    api: api_module.Api, tmp_path: pathlib.Path
) -> None:
    url = api.url("/instances/")
    version = api.version_reference().rpartition("/")[2]
    body = INSTANCE_BODY.replace("<version-uuid>", version).replace(
        api_module.DEFAULT_PROJECT, api.cloud.project
    )
    made = curl(api, "-X", "POST", url, "-d", body)
    uuid = made["uuid"]
    try:
        assert made["domain"] == "example.com"
        assert made["status"] in ("NEW", "IN_PROGRESS")

        script = ACCOUNT_SCRIPT.replace(api_module.DEFAULT_PROJECT, api.cloud.project)
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "CP": api.cloud.mail_url,
                "TOKEN": api.token,
                "INSTANCE": uuid,
            },
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert json.loads(run.stdout)["username"] == "alice"

        api.wait_active(uuid)
        shown = curl(api, f"{url}{uuid}")
        assert shown["dkim_selector"].startswith("x")
        assert re.match(
            r"v=DKIM1; *k=rsa;.*p=[A-Za-z0-9+/=]{300,}", shown["dkim_public_key"]
        )
        host = shown["ipsv4"][0]
        for port in (smtp.SUBMISSION, smtp.SUBMISSIONS):
            waiting.until(
                f"alice logs in on {port}",
                lambda port=port: smtp.login_code(
                    host, "alice@example.com", "mypassword", port
                ),
                good=lambda code: code == 235,
            )
        listed = curl(api, f"{url}{uuid}/accounts/")
        assert [one["username"] for one in listed] == ["alice"]  # type: ignore[index]
    finally:
        curl(api, "-X", "DELETE", f"{url}{uuid}")
    api.wait_gone(uuid)
