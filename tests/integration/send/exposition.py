# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The metrics as Prometheus would read them."""

from prometheus_client import parser

from tests.integration.send.service import Client, Service


class Metrics:
    """What `/metrics` says at one moment."""

    def __init__(self, text: str) -> None:
        self._samples = [
            sample
            for family in parser.text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def get(self, name: str, **labels: str) -> float | None:
        """Return the sum of the samples with these labels; None: there is none.

        Args:
            name: without `exordos_mail_send_`.
        """
        found = [
            sample.value
            for sample in self._samples
            if sample.name == f"exordos_mail_send_{name}"
            and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else None


def fetch(service: Service, token: str | None = None) -> Metrics:
    """Fetch a process's metrics, with its metrics token unless another is given."""
    token = token or (service.data / "metrics-token").read_text().strip()
    answer = service.client(token).call("GET", "/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Metrics(answer.text)


def recipients(service: Service, tenant: Client, result: str) -> float | None:
    """Return how many of a tenant's recipients came to a result."""
    name = str(tenant.tenant)
    return fetch(service).get("recipients_total", tenant=name, result=result)
