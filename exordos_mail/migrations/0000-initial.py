# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The first schema, as plain SQL in the directory `initial`."""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("initial")

# In the order of their references.
UPGRADE = tuple(
    (_DIRECTORY / f"{noun}.sql").read_text()
    for noun in (
        "instances",
        "documents",
        "domains",
        "dkim_keys",
        "accounts",
        "tenants",
        "certificates",
        "policies",
        "dns_records",
        "dns_published",
        "deliveries",
    )
)

DOWNGRADE = (
    """
DROP TABLE
    mail_versions, mail_instances, mail_dkim_keys, mail_dkim_schedule,
    mail_dkim_selectors,
    mail_document_buckets, mail_document_digests, mail_domains, mail_accounts,
    mail_send_tenants, mail_send_api_keys, mail_send_relays,
    mail_send_suppressions, mail_sealing_keys, mail_certificates,
    mail_certificate_orders, mail_host_certificates, mail_acme_accounts,
    mail_acme_challenges,
    mail_domain_policies,
    mail_dns_records, mail_dns_checks,
    mail_dns_published, mail_dns_publications, mail_acme_records,
    mail_deliveries
""",
    """
DROP FUNCTION
    mail_instances_compute, mail_instances_count, mail_instances_image,
    mail_instances_notify,
    mail_document_bucket, mail_documents_touch, mail_documents_written,
    mail_documents_updated, mail_documents_of, mail_at_most,
    mail_domains_make_primary, mail_domain_covers, mail_domains_keep_used,
    mail_accounts_set_login, mail_accounts_forget_password,
    mail_send_domains_written, mail_send_domains_updated, mail_send_domains_touch,
    mail_dkim_domains_inserted, mail_dkim_domains_updated,
    mail_dkim_domains_deleted, mail_dkim_keys_touch,
    mail_dkim_keys_written, mail_dkim_keys_updated, mail_dkim_keys_deleted,
    mail_send_tenants_touch, mail_send_parts_written, mail_send_parts_updated,
    mail_certificates_order, mail_host_certificates_want,
    mail_host_certificate_hasten, mail_host_certificates_moved,
    mail_dns_records_of_host,
    mail_domain_policies_want, mail_domain_policies_follow,
    mail_dns_check, mail_dns_checks_begin, mail_dns_checks_of_domain,
    mail_dns_checks_of_instance, mail_dns_checks_of_policy,
    mail_dns_checks_of_key, mail_dns_publish, mail_dns_publish_facts,
    mail_acme_records_gone, mail_acme_records_end, mail_host_certificates_published
""",
)

migration_step = sql_step.SQLStep(
    "3f3c1f0d-93a6-4b7e-8d0e-5c6b1a7f2e90",
    depends=[],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
