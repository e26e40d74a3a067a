#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
