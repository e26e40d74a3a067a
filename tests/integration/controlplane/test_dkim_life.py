# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of DKIM keys, on PostgreSQL and in the documents of nodes."""

import base64
import logging
import uuid as sys_uuid

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from oslo_config import cfg
import psycopg
import pytest
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dkim import life, service, shown, store
from exordos_mail.controlplane.dm import exceptions, key_file, models, sealing_key
from exordos_mail.standards import dkim
from tests.integration.controlplane import dkim_world
from tests.integration.controlplane import world as w
from tests.integration.controlplane.dkim_world import ED25519, RSA

ZONE = "mail.cloud.example"


@pytest.fixture
def keys(world, instance, db):
    """The keys of a primary domain whose DNS is asked."""
    cfg.CONF.set_override("dns_checks", True, group="mail")
    found = dkim_world.Keys(world, db, instance.uuid, instance.uuid)
    found.go()
    return found


@pytest.fixture
def signing(keys):
    """Keys that sign, and the node knows it."""
    keys.dns_shows()
    keys.go()
    keys.node_applies()
    assert keys.states(RSA) == keys.states(ED25519) == ["signing"]
    return keys


@pytest.fixture
def zone():
    cfg.CONF.set_override("zone", ZONE, group="mail")
    yield ZONE
    cfg.CONF.clear_override("zone", group="mail")


def test_keys_of_a_new_domain_wait_for_the_dns(keys):
    assert keys.states(RSA) == keys.states(ED25519) == ["published"]
    assert keys.document() == {}
    told = w.by_uuid(keys.instance)
    assert [one["value"] for one in told.dkim_keys] == [
        dkim.record(row["algorithm"], row["public_key"]) for row in keys.rows()
    ]
    assert told.dkim_selector == keys.rows(RSA)[0]["selector"]
    assert told.dkim_public_key == told.dkim_keys[0]["value"]
    keys.go()
    assert keys.states(RSA) == ["published"]
    assert 0 < keys.due_in() <= 24 * 3600


def test_a_key_signs_when_every_server_shows_it_and_not_before(keys):
    life.seen(keys.rows(RSA)[0]["uuid"])
    keys.go()
    assert (keys.states(RSA), keys.states(ED25519)) == (["signing"], ["published"])
    ((selector, key),) = keys.document().items()
    assert selector == keys.rows(RSA)[0]["selector"]
    assert key["algorithm"] == RSA
    _, _, public = dkim.normal(key["private_key"])
    assert public == keys.rows(RSA)[0]["public_key"]


def test_a_record_that_vanishes_in_time_keeps_the_key_from_signing(keys):
    row = keys.rows(RSA)[0]
    assert life.seen(row["uuid"]) and not life.seen(row["uuid"])
    assert life.missing(row["uuid"]) and not life.missing(row["uuid"])
    keys.go()
    assert keys.states(RSA) == ["published"]


def test_a_record_that_vanishes_later_does_not_stop_the_key(signing):
    row = signing.rows(RSA)[0]
    assert not life.missing(row["uuid"])
    signing.go()
    assert signing.states(RSA) == ["signing"]


def test_a_rotation_leaves_no_moment_without_a_key_that_can_be_verified(signing):
    tag = signing.tag()
    signing.model().rotate_dkim()
    signing.go()
    assert signing.states(RSA) == ["signing", "published"]
    assert signing.tag() == tag, "the node is not told of a key that does not sign"
    signing.dns_shows(ttl=86400)
    signing.go()
    assert signing.states(RSA) == signing.states(ED25519) == ["retiring", "signing"]
    assert signing.tag() != tag
    _, new = signing.rows(RSA)
    assert set(signing.document()) == {
        new["selector"],
        signing.rows(ED25519)[1]["selector"],
    }
    assert [one.state for one in records(signing)].count("retiring") == 2

    # The node has not heard of it, and signs with the old key.
    signing.sleep("30 days")
    signing.go()
    assert signing.states(RSA) == ["retiring", "signing"]
    signing.node_applies()
    due(signing)
    signing.go()
    signing.sleep("7 days")
    due(signing)
    signing.go()
    assert signing.states(RSA) == ["retiring", "signing"]
    signing.sleep("2 hours")
    due(signing)
    signing.go()
    assert signing.states(RSA) == signing.states(ED25519) == ["retired", "signing"]
    assert signing.rows(RSA)[0]["private_key"] is None
    assert all(one.state == "signing" for one in records(signing))


def records(keys):
    with engines.engine_factory.get_engine().session_manager() as session:
        return shown.records(session, keys.domain)


def due(keys):
    keys.db.execute(
        "UPDATE mail_dkim_schedule SET due_at = now() AT TIME ZONE 'utc'"
        " WHERE domain = %s",
        (keys.domain,),
    )


def test_two_rotations_at_once_are_one(signing):
    first, second = signing.model(), signing.model()
    first.rotate_dkim()
    second.rotate_dkim()
    signing.go()
    signing.model().rotate_dkim()
    signing.go()
    assert signing.states(RSA) == ["signing", "published"]
    assert len({row["selector"] for row in signing.rows()}) == 4


def test_many_rotations_of_one_day_have_selectors_of_their_own(signing):
    for _ in range(25):
        signing.model().rotate_dkim()
        signing.go()
        signing.dns_shows()
        signing.go()
        signing.node_applies()
    rows = signing.rows(RSA)
    assert len({row["selector"] for row in rows}) == len(rows) == 26
    signing.sleep("8 days")
    due(signing)
    signing.go()
    signing.sleep("8 days")
    due(signing)
    signing.go()
    states = [row["state"] for row in signing.rows()]
    assert states.count("signing") == 2
    assert states.count("retired") == store.KEPT, "old keys are forgotten"


def test_a_period_begins_rotations(signing):
    domain = signing.model()
    domain.dkim_rotation_days = 30
    domain.update()
    signing.go()
    assert signing.states(RSA) == ["signing"]
    signing.sleep("32 days")
    due(signing)
    signing.go()
    assert signing.states(RSA) == signing.states(ED25519) == ["signing", "published"]


def test_a_revoked_key_signs_no_more_from_that_moment_on(signing):
    row = signing.rows(RSA)[0]
    key = signing.key(row)
    assert key.record_value == dkim.record(RSA, row["public_key"])
    generation = w.by_uuid(signing.instance).generation
    key.revoke()
    assert row["selector"] not in signing.document()
    assert w.by_uuid(signing.instance).generation > generation
    assert signing.key(row).record_value == "v=DKIM1; k=rsa; p="
    assert signing.rows(RSA)[0]["private_key"] is None
    signing.go()
    assert signing.states(RSA) == ["revoked", "published"]
    key.revoke()
    assert signing.states(RSA) == ["revoked", "published"]
    (record,) = [one for one in records(signing) if one.uuid == row["uuid"]]
    assert record.value == "v=DKIM1; k=rsa; p="


def test_a_key_that_signs_or_has_signed_lately_is_not_deleted(signing):
    signing.model().rotate_dkim()
    signing.go()
    signing.dns_shows()
    signing.go()
    retiring, active = (signing.key(row) for row in signing.rows(RSA))
    for key in (retiring, active):
        with pytest.raises(exceptions.MailConflict, match="rotate or revoke"):
            key.delete()
    active.revoke()
    active.delete()
    signing.go()
    assert signing.states(RSA) == ["retiring", "published"]


def test_a_selector_is_not_given_again_after_its_key_is_deleted(signing):
    """Caches have its record for as long as its time to live."""
    row = signing.rows(RSA)[0]
    signing.key(row).revoke()
    signing.key(row).delete()
    signing.go()
    (new,) = signing.rows(RSA)
    assert new["selector"] != row["selector"]
    signing.key(new).delete()
    signing.model().rotate_dkim()
    assert signing.rows(RSA)[0]["selector"] not in (row["selector"], new["selector"])


def test_a_selector_of_a_users_own_that_is_used_again_waits_for_caches(signing):
    sealing_key.publish(sealed_box.public_key(key_file.keys()))
    for _ in range(2):
        pem, _public = _own()
        key = models.MailDKIMKey(
            domain=signing.model(), selector="mine", private_key=pem
        )
        key.insert()
        signing.go()
        signing.dns_shows()
        signing.go()
        key, state = signing.key(signing.rows(ED25519)[-1]), signing.states(ED25519)[-1]
        if state == "signing":
            key.revoke()
            key.delete()
    assert state == "seen"
    signing.sleep("4 hours")
    due(signing)
    signing.go()
    assert signing.states(ED25519)[-1] == "signing"


def _own(algorithm=ED25519):
    pem = dkim.generate_private_key(algorithm)
    return pem, dkim.normal(pem)[2]


def test_a_key_of_the_users_own_takes_the_place_of_the_one_before(signing):
    sealing_key.publish(sealed_box.public_key(key_file.keys()))
    pem, public = _own()
    key = models.MailDKIMKey(domain=signing.model(), selector="mine", private_key=pem)
    key.insert()
    assert (key.algorithm, key.public_key) == (ED25519, public)
    signing.go()
    signing.dns_shows()
    signing.go()
    assert signing.states(ED25519) == ["retiring", "signing"]
    assert signing.document()["mine"] == {"algorithm": ED25519, "private_key": pem}
    assert "PRIVATE" not in str(signing.rows())
    again = models.MailDKIMKey(domain=signing.model(), selector="mine")
    with pytest.raises(exceptions.MailConflict, match="selector is taken"):
        again.insert()


def test_another_private_key_for_the_same_selector_is_refused(signing):
    key = signing.key(signing.rows(RSA)[0])
    key.private_key = _own()[0]
    with pytest.raises(exceptions.MailValidationError, match="make another key"):
        key.update()


# --- aliases into the operator's zone -------------------------------------------------


def test_aliases_stay_the_same_through_all_rotations(signing, zone):
    domain = signing.model()
    domain.dkim_mode = "cname"
    domain.update()
    signing.go()
    assert signing.states(RSA) == ["signing", "published"]
    assert signing.states(ED25519) == ["retiring"], "three names serve one algorithm"
    seen = set()
    for _ in range(5):
        signing.dns_shows()
        signing.sleep("4 hours")
        due(signing)
        signing.go()
        signing.node_applies()
        for _ in range(2):
            due(signing)
            signing.go()
            signing.sleep("8 days")
        signing.dns_shows()
        due(signing)
        signing.go()
        live = [one for one in records(signing) if one.state == "signing"]
        assert len(live) == 1
        assert live[0].alias.endswith(f"._domainkey.{ZONE}")
        seen.add((live[0].name, live[0].alias))
        signing.model().rotate_dkim()
        signing.go()
    assert 1 < len(seen) <= 3
    states = signing.states(RSA)
    assert states.count("signing") == 1


def test_a_name_that_is_used_again_waits_for_caches(signing, zone):
    domain = signing.model()
    domain.dkim_mode = "cname"
    domain.update()
    signing.go()
    for _ in range(3):
        signing.dns_shows()
        signing.sleep("4 hours")
        due(signing)
        signing.go()
        signing.key(signing.rows(RSA)[-1]).revoke()
        signing.go()
    # The first of the three has been revoked for long enough.
    last = signing.rows(RSA)[-1]
    assert last["selector"] in {row["selector"] for row in signing.rows(RSA)[:-1]}
    signing.dns_shows()
    signing.go()
    assert signing.rows(RSA)[-1]["state"] == "seen"
    signing.sleep("4 hours")
    due(signing)
    signing.go()
    assert signing.rows(RSA)[-1]["state"] == "signing"


def test_a_name_whose_key_is_deleted_waits_for_caches_too(signing, zone):
    domain = signing.model()
    domain.dkim_mode = "cname"
    domain.update()
    signing.go()
    signing.dns_shows()
    signing.go()
    row = signing.rows(RSA)[-1]
    signing.key(row).revoke()
    signing.key(row).delete()
    signing.go()
    assert signing.rows(RSA)[-1]["selector"] == row["selector"]
    signing.dns_shows()
    signing.go()
    assert signing.rows(RSA)[-1]["state"] == "seen"


def test_when_all_names_are_in_use_a_rotation_says_so(signing, zone):
    domain = signing.model()
    domain.dkim_mode = "cname"
    domain.update()
    signing.go()
    for _ in range(2):
        signing.dns_shows()
        signing.go()
        signing.model().rotate_dkim()
        signing.go()
    signing.dns_shows()
    signing.go()
    assert signing.states(RSA) == ["retiring", "retiring", "retiring", "signing"]
    with pytest.raises(exceptions.MailConflict, match="in use"):
        signing.model().rotate_dkim()


# --- faults ---------------------------------------------------------------------------


@pytest.mark.parametrize("dies_at", range(8))
def test_a_service_that_dies_at_any_step_goes_on(keys, monkeypatch, dies_at, caplog):
    """The connection is cut in the transaction; nothing of the step remains."""
    real, calls = shown.write, []

    def cut(session, domain):
        calls.append(domain)
        if len(calls) == dies_at + 1:
            before.append(keys.rows())
            session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        real(session, domain)

    before = []
    keys.model().rotate_dkim()
    monkeypatch.setattr(shown, "write", cut)
    for _ in range(3):
        calls_before = len(calls)
        keys.go()
        if len(calls) == dies_at + 1 and calls_before < len(calls):
            assert keys.rows() == before[0], "half a step has happened"
        keys.dns_shows()
        due(keys)
        keys.go()
        due(keys)
    keys.model().rotate_dkim()
    for _ in range(3):
        due(keys)
        keys.go()
        keys.dns_shows()
    assert bool(before) is (dies_at < len(calls))
    assert before, "the step was never reached"
    for algorithm in (RSA, ED25519):
        assert keys.states(algorithm).count("signing") == 1
    assert len(keys.document()) == 2


def test_one_domain_that_fails_is_no_other_ones_trouble(
    world, version, db, monkeypatch, caplog
):
    bad, good = (w.new_instance(version, f"{n}.example") for n in ("bad", "good"))
    real = life.advance

    def advance(domain):
        if domain == bad.uuid:
            raise RuntimeError("planted")
        return real(domain)

    monkeypatch.setattr(life, "advance", advance)
    world.dkim._iteration()
    of_good = dkim_world.Keys(world, db, good.uuid, good.uuid)
    of_bad = dkim_world.Keys(world, db, bad.uuid, bad.uuid)
    assert of_good.states(RSA) == ["signing"]
    assert of_bad.rows() == []
    assert 0 < of_bad.due_in() <= 60
    assert [r.levelno for r in caplog.records].count(logging.ERROR) == 1
    monkeypatch.undo()
    due(of_bad)
    world.dkim._iteration()
    assert of_bad.states(RSA) == ["signing"]


def test_a_new_domain_does_not_wait_behind_rotations_by_time(world, version, db):
    crowd = [w.new_instance(version, f"d{n}.example") for n in range(60)]
    db.execute(
        "UPDATE mail_dkim_schedule SET urgent = FALSE,"
        " due_at = due_at - interval '1 hour'"
    )
    late = w.new_instance(version, "late.example")
    # A turn of two domains: one of each kind.
    ticks = iter(range(10**6))
    quick = service.DKIMLife(budget=1.5, clock=lambda: float(next(ticks)))
    quick._iteration()
    done = dkim_world.Keys(world, db, late.uuid, late.uuid)
    assert done.states(RSA) == ["signing"]
    assert len(crowd) == 60


def test_a_turn_ends_in_time_and_the_next_one_goes_on(world, version, db):
    for n in range(5):
        w.new_instance(version, f"d{n}.example")
    slow = service.DKIMLife(budget=0)
    for turn in range(1, 6):
        slow._iteration()
        row = db.execute("SELECT count(DISTINCT domain) FROM mail_dkim_keys").fetchone()
        assert row["count"] == turn


def test_what_a_user_asks_for_while_the_service_looks_is_not_forgotten(
    signing, monkeypatch
):
    real = store.load

    def load(session, domain):
        found = real(session, domain)
        monkeypatch.undo()
        signing.model().rotate_dkim()
        return found

    monkeypatch.setattr(store, "load", load)
    assert not life.advance(signing.domain)
    assert signing.due_in() <= 0
    signing.go()
    assert signing.states(RSA) == ["signing", "published"]


def test_a_time_from_a_wrong_clock_does_not_put_a_domain_to_sleep(keys):
    keys.dns_shows()
    keys.db.execute("UPDATE mail_dkim_schedule SET due_at = due_at + interval '1 year'")
    keys.go()
    assert keys.states(RSA) == ["signing"]


def test_a_lost_key_file_stops_keys_and_loses_none(keys, tmp_path, caplog):
    (tmp_path / "keys.json").rename(tmp_path / "lost.json")
    keys.model().rotate_dkim()
    keys.dns_shows()
    keys.key(keys.rows(RSA)[0]).revoke()
    keys.go()
    assert keys.states(RSA) == ["revoked"]
    assert any("keys.json" in r.getMessage() for r in caplog.records)
    (tmp_path / "lost.json").rename(tmp_path / "keys.json")
    due(keys)
    keys.go()
    assert keys.states(RSA) == ["revoked", "published"]


def test_two_keys_of_an_algorithm_never_sign_at_once(signing):
    with pytest.raises(psycopg.errors.UniqueViolation):
        signing.db.execute(
            "INSERT INTO mail_dkim_keys (uuid, project_id, domain, selector, algorithm,"
            " state, state_since, created_at, updated_at)"
            " SELECT gen_random_uuid(), project_id, domain, 'other', algorithm, state,"
            " state_since, created_at, updated_at FROM mail_dkim_keys"
            " WHERE domain = %s",
            (signing.domain,),
        )


def test_nothing_is_written_about_keys_that_are_as_they_should_be(signing):
    signing.go()
    before = signing.rows(), w.by_uuid(signing.instance).generation
    for _ in range(3):
        due(signing)
        signing.go()
    assert (signing.rows(), w.by_uuid(signing.instance).generation) == before


# --- deletion -------------------------------------------------------------------------


def _left(db, domain):
    return [
        db.execute(query, (str(domain),)).fetchone()["count"]
        for query in (
            "SELECT count(*) FROM mail_dkim_keys WHERE domain = %s",
            "SELECT count(*) FROM mail_dkim_schedule WHERE domain = %s",
            "SELECT count(*) FROM mail_document_buckets WHERE bucket = %s",
        )
    ]


def test_a_deleted_domain_takes_its_keys_along(world, instance, db):
    domain = models.MailDomain(instance=w.read(instance), name="second.example")
    domain.insert()
    keys = dkim_world.Keys(world, db, instance.uuid, domain.uuid)
    keys.go()
    assert set(keys.states()) == {"signing"}
    assert _left(db, domain.uuid) == [2, 1, 1]
    keys.model().delete()
    assert _left(db, domain.uuid) == [0, 0, 0]


def test_a_deleted_instance_leaves_no_key(world, instance, db):
    world.dkim._iteration()
    assert _left(db, instance.uuid)[:2] == [2, 1]
    w.read(instance).delete()
    assert _left(db, instance.uuid) == [0, 0, 0]


def test_documents_are_of_the_instance_that_asks(world, version, db):
    mine, other = (w.new_instance(version, f"{n}.example") for n in ("a", "b"))
    world.dkim._iteration()
    found = dkim_world.Keys(world, db, mine.uuid, mine.uuid)
    assert len(found.document()) == 2
    strange = dkim_world.Keys(world, db, mine.uuid, other.uuid)
    assert strange.document() == {}


def test_unreadable_keys_of_one_domain_keep_no_other_one_waiting(
    world, instance, db, caplog
):
    domain = models.MailDomain(instance=w.read(instance), name="second.example")
    domain.insert()
    world.dkim._iteration()
    db.execute(
        "UPDATE mail_dkim_keys SET private_key = 'h1:lost:AAAA' WHERE domain = %s",
        (domain.uuid,),
    )
    with engines.engine_factory.get_engine().session_manager() as session:
        from exordos_mail.controlplane.documents import collection, dkim_keys

        view = collection.View(session, instance.uuid, key_file.keys())
        found = dkim_keys.DKIMKeys()
        told = found.texts(view, [*found.digests(view), "no uuid"])
    assert list(told.texts) == [str(instance.uuid)]
    assert told.problem == "the platform cannot read the DKIM keys of second.example"


def test_an_rfc_8463_key_comes_out_as_it_went_in(signing):
    """The key pair of RFC 8463, appendix A."""
    sealing_key.publish(sealed_box.public_key(key_file.keys()))
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    pem = (
        ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
    key = models.MailDKIMKey(
        uuid=sys_uuid.uuid4(),
        domain=signing.model(),
        selector="brisbane",
        private_key=pem,
    )
    key.insert()
    assert key.record_name == f"brisbane._domainkey.{signing.name()}"
    assert (
        key.record_value
        == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    )
