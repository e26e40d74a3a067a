# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Numbers about domains and certificates, and the alerts that are made of them."""

import pathlib
import re
import typing as tp

from oslo_config import cfg
from prometheus_client import parser
import pytest
import yaml

from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.metrics import service
from tests.integration.controlplane import world as w
from tests.integration.support import promtool

_ALERTS = pathlib.Path(__file__).parents[3] / "docs/alerts-controlplane.yaml"


@pytest.fixture
def written(engine: tp.Any, tmp_path: pathlib.Path) -> tp.Iterator[pathlib.Path]:
    """The file that the service is told to write."""
    path = tmp_path / "mail.prom"
    cfg.CONF.set_override("metrics_file", str(path), "mail")
    yield path
    cfg.CONF.clear_override("metrics_file", "mail")


def _samples(path: pathlib.Path) -> dict[tuple[str, ...], float]:
    """Return the numbers by name and values of labels."""
    families = parser.text_string_to_metric_families(path.read_text())
    return {
        (one.name.removeprefix("exordos_mail_"), *map(str, one.labels.values())): float(
            one.value
        )
        for family in families
        for one in family.samples
    }


def test_numbers_are_those_of_the_database(
    written: pathlib.Path, db: tp.Any, version: models.MailVersion
) -> None:
    db.execute("DELETE FROM mail_instances")
    db.execute("TRUNCATE mail_dns_publications")
    for name, state in (("a.test", "failing"), ("b.test", "published")):
        instance = w.new_instance(version, name)
        db.execute(
            "UPDATE mail_domains SET publish_state = %s, ownership = 'proven'"
            " WHERE uuid = %s",
            (state, instance.uuid),
        )
    db.execute(
        "UPDATE mail_domains SET checked_at = created_at - interval '1 hour'"
        " WHERE name = 'a.test'"
    )
    db.execute(
        "INSERT INTO mail_dns_publications (domain, failures, next_at)"
        " VALUES (%s, 7, now() AT TIME ZONE 'utc' - interval '100 s')",
        (instance.uuid,),
    )
    for days, state in ((-1, "failed"), (5, "expiring"), (60, "valid")):
        db.execute(
            "INSERT INTO mail_certificates (uuid, project_id, instance, hostname,"
            " state, not_after, created_at, updated_at) VALUES (gen_random_uuid(),"
            " %s, %s, %s, %s, now() AT TIME ZONE 'utc' + make_interval(days => %s),"
            " now(), now())",
            (w.PROJECT, instance.uuid, f"h{days + 1}.test", state, days),
        )
    db.execute(
        """UPDATE mail_instances SET health = '{"state": "failed"}' WHERE uuid = %s""",
        (instance.uuid,),
    )
    service.MetricsWriter()._iteration()
    found = _samples(written)
    states = {one: found["instances", one] for one in ("ok", "unknown", "failed")}
    assert states == {"ok": 0, "unknown": 1, "failed": 1}
    assert found["domains", "proven", "failing"] == 1
    assert found["domains", "proven", "published"] == 1
    assert 3600 <= found["domain_check_age_seconds",] < 3700
    assert found["domains_never_checked",] == 1
    assert found["publish_failures_in_a_row",] == 7
    assert 100 <= found["publish_late_seconds",] < 200
    assert found["certificates", "acme", "expiring"] == 1
    ending = {days: found["certificates_ending", days] for days in ("0", "7", "30")}
    assert ending == {"0": 1, "7": 2, "30": 2}
    assert -1.1 < found["certificate_days_left",] < -0.9
    db.execute("DELETE FROM mail_instances")


def test_an_empty_cloud_has_numbers_too(written: pathlib.Path, db: tp.Any) -> None:
    db.execute("DELETE FROM mail_instances")
    db.execute("TRUNCATE mail_dns_publications")
    service.MetricsWriter()._iteration()
    found = _samples(written)
    assert found["publish_late_seconds",] == 0
    assert found["domain_check_age_seconds",] == 0
    assert ("certificate_days_left",) not in found


def test_a_file_that_cannot_be_written_stops_nothing(
    written: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    written.mkdir()
    service.MetricsWriter()._iteration()
    assert "No metrics in" in caplog.text


def test_no_file_is_written_unasked_or_too_often(written: pathlib.Path) -> None:
    now = [0.0]
    writer = service.MetricsWriter(clock=lambda: now[0])
    cfg.CONF.set_override("metrics_file", None, "mail")
    writer._iteration()
    assert not written.exists()
    cfg.CONF.set_override("metrics_file", str(written), "mail")
    writer._iteration()
    written.unlink()
    now[0] = service.PERIOD - 1
    writer._iteration()
    assert not written.exists()
    now[0] = service.PERIOD
    writer._iteration()
    assert written.exists()


def test_alerts_use_numbers_that_are_there(
    written: pathlib.Path, engine: tp.Any
) -> None:
    service.MetricsWriter()._iteration()
    text = written.read_text()
    (group,) = yaml.safe_load(_ALERTS.read_text())["groups"]
    for rule in group["rules"]:
        for name in re.findall(r"exordos_mail_\w+", rule["expr"]):
            assert f"# TYPE {name} gauge" in text, rule["alert"]


def test_alerts_are_what_prometheus_understands() -> None:
    promtool.run("check", "rules", _ALERTS)


def test_alerts_fire_when_they_should() -> None:
    promtool.run("test", "rules", pathlib.Path(__file__).parent / "alerts_test.yaml")
