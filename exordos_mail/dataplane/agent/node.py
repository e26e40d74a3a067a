# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The resource `mail_instance_node` as the universal agent handles it.

The hash that the agent compares with the control plane's covers uuid, name,
generation, revision and domain. `bulk` comes in and never goes out: not into
reports, meta files or logs (the agent logs and stores all of them).
"""

import logging
import traceback
import typing as tp

from gcl_sdk.agents.universal.dm import models
from gcl_sdk.agents.universal.drivers import meta
from restalchemy.dm import properties, types

from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.engine import report as report_lib

LOG = logging.getLogger(__name__)

TARGET_FIELDS = ("uuid", "name", "generation", "revision", "domain")
_META_FIELDS = frozenset({"uuid", "name"})


def _any(default: tp.Any) -> tp.Any:
    # Any type passes here: `spec.parse` judges, and a refusal becomes a report
    # instead of an exception, which the agent would log with the whole value.
    return properties.property(types.AllowNone(types.AnySimpleType()), default=default)


class MailInstanceNode(meta.MetaDataPlaneModel):
    """The mail service of this node, wanted (with bulk) or reported (without)."""

    name = _any("")
    generation = _any(0)
    revision = _any("")
    domain = _any("")
    bulk = _any(None)
    # reported only
    status = _any(report_lib.IN_PROGRESS)
    status_reason = _any("")
    dkim = _any(dict)
    certificates = _any(list)
    health = _any(None)

    # The machine behind the model; one per process, set by the driver.
    mail_node: tp.ClassVar[converge.MailNode]

    @classmethod
    def from_ua_resource(cls, resource: models.Resource) -> "MailInstanceNode":
        """Build the model; only the hashed fields count as targets.

        On a repair the agent hands over the last *reported* value, whose other
        fields are results and not wishes (gcl_sdk clients/http/orch.py).
        """
        model = super().from_ua_resource(resource)
        model.target_fields = skeleton()
        return tp.cast("MailInstanceNode", model)

    def get_resource_ignore_fields(self) -> list[str]:
        """Keep the bulk out of every report."""
        return ["target_fields", "bulk"]

    def get_meta_model_fields(self) -> set[str] | None:
        """Remember that the resource exists; all else is read from the machine."""
        return set(_META_FIELDS)

    def dump_to_dp(self) -> None:
        """Bring the machine to this payload; a failure becomes the report."""
        value = {
            "uuid": str(self.uuid),
            "name": self.name,
            "generation": self.generation,
            "revision": self.revision,
            "domain": self.domain,
            "bulk": self.bulk,
        }
        self.bulk = None
        self._take(_guarded(lambda: self.mail_node.converge(value)))

    def update_on_dp(self) -> None:
        """Do what creating does: it starts from whatever is there."""
        self.dump_to_dp()

    def restore_from_dp(self) -> None:
        """Read the real state; never raises, or the agent would stop looking."""
        self._take(_guarded(lambda: self.mail_node.observe()))

    def delete_from_dp(self) -> None:
        """Remove the service and everything secret from the machine."""
        self.mail_node.remove()

    def _take(self, report: report_lib.Report) -> None:
        self.name = report.name
        self.generation = report.generation
        self.revision = report.revision
        self.domain = report.domain
        self.status = report.status
        self.status_reason = report.reason
        self.dkim = dict(report.dkim)
        self.certificates = list(report.certificates)
        self.health = report.health


def skeleton() -> dict[str, None]:
    """Return the target fields as the SDK keeps them (`utils.value_shape`)."""
    return dict.fromkeys(TARGET_FIELDS)


def _guarded(step: tp.Callable[[], report_lib.Report]) -> report_lib.Report:
    try:
        return step()
    except Exception as exc:
        log_without_values(exc)
        return report_lib.Report().failed(f"internal error: {type(exc).__name__}")


def log_without_values(exc: BaseException) -> None:
    """Log where an exception came from, without its text: that may hold values."""
    frames = traceback.extract_tb(exc.__traceback__)
    where = " < ".join(
        f"{one.name} ({one.filename}:{one.lineno})" for one in frames[::-1]
    )
    LOG.error("%s in %s", type(exc).__name__, where)
