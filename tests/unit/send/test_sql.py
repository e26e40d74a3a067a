# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SQL that is written once."""

import pytest

from exordos_mail.send.storage import migrations, sql


def test_parameters_and_words() -> None:
    found = sql.statement(
        "SELECT a::text FROM t WHERE b = :b_c AND d IN ({{each :ids}}) {{share}}"
    )
    assert found.postgresql == (
        "SELECT a::text FROM t WHERE b = %(b_c)s AND d IN"
        " (SELECT json_array_elements_text(CAST(%(ids)s AS json))) FOR KEY SHARE"
    )
    assert "json_each(:ids)" in found.sqlite
    found = sql.statement("SELECT a FROM t WHERE d {{among :ids}}")
    assert found.sqlite.endswith("d IN (SELECT value FROM json_each(:ids))")
    assert found.postgresql.endswith(
        "d = ANY (ARRAY(SELECT json_array_elements_text(CAST(%(ids)s AS json))))"
    )
    assert sql.statement("VALUES (?, ?)").postgresql == "VALUES (%s, %s)"
    with pytest.raises(KeyError):
        sql.statement("{{nothing}}")


def test_migrations_are_in_order_and_a_newer_one_is_refused() -> None:
    found = [name for name, _ in migrations.missing(set())]
    assert found == sorted(found)
    assert [int(name[:4]) for name in found] == list(range(1, len(found) + 1))
    assert migrations.missing(set(found)) == []
    with pytest.raises(migrations.SchemaTooNew):
        migrations.missing({"9999_from_the_future.sql"})


def test_statements_of_a_migration() -> None:
    text = "-- a; b\nCREATE x; -- c\n\nCREATE y;\n"
    assert list(migrations.statements(text)) == ["CREATE x", "CREATE y"]
