# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Make objects with the release whose package is found first; print their uuids.

PYTHONPATH=<its sources> python make_data.py DATABASE_URL
"""

import json
import sys
import uuid

from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dm import models

engines.engine_factory.configure_factory(db_url=sys.argv[1])
PROJECT = uuid.uuid4()
version = models.MailVersion(name="old", image="http://images.example/old")
version.insert()
instance = models.MailInstance(
    name="old",
    project_id=PROJECT,
    domain="example.com",
    cpu=1,
    ram=512,
    disk_size=8,
    version=version,
)
instance.insert()
for number in range(3):
    models.MailAccount(
        instance=instance, username=f"user{number}", password=f"password {number}"
    ).insert()
print(json.dumps({"instance": str(instance.uuid), "from": models.__file__}))
