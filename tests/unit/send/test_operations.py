# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the examples for operators name is there: alerts, dashboard, document."""

import json
import pathlib
import re
import typing as tp

from prometheus_client import parser
import pytest
import yaml

from exordos_mail.send.metrics import exposition, gauges

_DOCS = pathlib.Path(__file__).parents[3] / "docs" / "send"
_METRIC = re.compile(r"\b(?:exordos_mail_send|process)_\w+")
_OF_HISTOGRAM = ("_bucket", "_count", "_sum")


def _exported() -> dict[str, str]:
    """Return the type of each metric, by the name in the exposition."""
    standing = gauges.QueueGauges({}, {}, 0, 0, 0)
    text = exposition.text(gauges.families(standing, 0)).decode()
    return {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in parser.text_string_to_metric_families(text)
    }


def _samples() -> set[str]:
    found = set()
    for name, kind in _exported().items():
        endings = _OF_HISTOGRAM if kind == "histogram" else ("",)
        found |= {name + ending for ending in endings}
    return found


def _alerts() -> list[dict[str, tp.Any]]:
    groups = yaml.safe_load((_DOCS / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _queries() -> list[str]:
    board = json.loads((_DOCS / "dashboard.json").read_text())
    variables = [one["query"] for one in board["templating"]["list"]]
    return variables + [
        target["expr"] for panel in board["panels"] for target in panel["targets"]
    ]


@pytest.mark.parametrize("alert", _alerts(), ids=lambda alert: alert["alert"])
def test_alert_is_about_metrics_that_exist(alert: dict[str, tp.Any]) -> None:
    names = set(_METRIC.findall(alert["expr"]))
    assert names <= _samples()
    assert names or "up{" in alert["expr"]
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    assert alert["annotations"]["summary"]


def test_dashboard_is_about_metrics_that_exist() -> None:
    names = {name for query in _queries() for name in _METRIC.findall(query)}
    assert names <= _samples()


def test_dashboard_shows_every_metric_of_ours() -> None:
    text = " ".join(_queries())
    ours = {name for name in _exported() if name.startswith("exordos_mail_send_")}
    assert {name for name in ours if name not in text} == set()


def test_document_lists_every_metric_of_ours_with_its_type() -> None:
    rows = re.findall(
        r"^\| `(exordos_mail_send_\w+)` \| (\w+) \|",
        (_DOCS / "operations.md").read_text(),
        re.MULTILINE,
    )
    ours = {
        name: kind
        for name, kind in _exported().items()
        if name.startswith("exordos_mail_send_")
    }
    assert dict(rows) == ours
