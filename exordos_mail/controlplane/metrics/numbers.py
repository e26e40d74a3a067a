# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is counted, out of the database; docs/alerts-controlplane.yaml uses it.

Nothing is told of single tenants: 100,000 domains would be as many series, and their
names are nobody's business but their owners'.
"""

import typing as tp

import prometheus_client as prometheus

from exordos_mail.schema import health

#: Days to the end of certificates that are told apart.
DAYS = (0, 7, 14, 30)

_DOMAINS = """
SELECT ownership, publish_state AS publishing, count(*) AS number
FROM mail_domains GROUP BY 1, 2
"""

# A domain that was never looked at has waited since it is there.
_CHECKS = """
SELECT coalesce(extract(epoch FROM
    clock_timestamp() AT TIME ZONE 'utc' - min(coalesce(checked_at, created_at))
), 0) AS oldest, count(*) FILTER (WHERE checked_at IS NULL) AS never
FROM mail_domains
"""

_PUBLISHER = """
SELECT coalesce(max(failures), 0) AS failures, coalesce(greatest(extract(epoch FROM
    clock_timestamp() AT TIME ZONE 'utc' - min(next_at)
), 0), 0) AS late
FROM mail_dns_publications
"""

_CERTIFICATES = """
SELECT source, state, count(*) AS number FROM mail_certificates GROUP BY 1, 2
"""

_ENDS = """
SELECT days, (
    SELECT count(*) FROM mail_certificates
    WHERE not_after < clock_timestamp() AT TIME ZONE 'utc' + make_interval(days => days)
) AS number
FROM unnest(%s::integer[]) AS days
"""

_FIRST_END = """
SELECT extract(epoch FROM
    min(not_after) - clock_timestamp() AT TIME ZONE 'utc'
) / 86400 AS days
FROM mail_certificates
"""

# Of each state, also those that no instance has.
_INSTANCES = """
SELECT state, (
    SELECT count(*) FROM mail_instances WHERE health ->> 'state' = state
) AS number
FROM unnest(%s::text[]) AS state
"""

Ask = tp.Callable[[str, tuple[tp.Any, ...]], list[tp.Mapping[str, tp.Any]]]


def registry(ask: Ask) -> prometheus.CollectorRegistry:
    """Return all numbers of now.

    Args:
        ask: runs a statement with its parameters and returns the rows.
    """
    found = prometheus.CollectorRegistry()
    _domains(found, ask)
    _publisher(found, ask)
    _certificates(found, ask)
    _instances(found, ask)
    written = _gauge(found, "metrics_written_seconds", "When they were written.")
    written.set_to_current_time()
    return found


def _instances(found: prometheus.CollectorRegistry, ask: Ask) -> None:
    instances = _gauge(
        found, "instances", "Instances by what their services are like.", "health"
    )
    for row in ask(_INSTANCES, (list(health.STATES),)):
        instances.labels(row["state"]).set(row["number"])


def _gauge(
    found: prometheus.CollectorRegistry, name: str, text: str, *labels: str
) -> prometheus.Gauge:
    return prometheus.Gauge(f"exordos_mail_{name}", text, labels, registry=found)


def _domains(found: prometheus.CollectorRegistry, ask: Ask) -> None:
    domains = _gauge(
        found, "domains", "Domains by what is known.", "ownership", "publishing"
    )
    for row in ask(_DOMAINS, ()):
        domains.labels(row["ownership"], row["publishing"]).set(row["number"])
    (row,) = ask(_CHECKS, ())
    _gauge(
        found,
        "domain_check_age_seconds",
        "Time since the check of the domain whose last one is the oldest.",
    ).set(row["oldest"])
    _gauge(
        found, "domains_never_checked", "Domains whose DNS was never looked at."
    ).set(row["never"])


def _publisher(found: prometheus.CollectorRegistry, ask: Ask) -> None:
    (row,) = ask(_PUBLISHER, ())
    _gauge(
        found,
        "publish_failures_in_a_row",
        "Of the domain whose publishing has failed most often without a success.",
    ).set(row["failures"])
    _gauge(
        found, "publish_late_seconds", "How late the publisher looks at domains."
    ).set(row["late"])


def _certificates(found: prometheus.CollectorRegistry, ask: Ask) -> None:
    certificates = _gauge(
        found, "certificates", "Certificates by source and state.", "source", "state"
    )
    for row in ask(_CERTIFICATES, ()):
        certificates.labels(row["source"], row["state"]).set(row["number"])
    ending = _gauge(
        found, "certificates_ending", "Certificates that end within days.", "days"
    )
    for row in ask(_ENDS, (list(DAYS),)):
        ending.labels(row["days"]).set(row["number"])
    (row,) = ask(_FIRST_END, ())
    if row["days"] is not None:
        _gauge(
            found,
            "certificate_days_left",
            "Days to the end of the certificate that ends first.",
        ).set(row["days"])
