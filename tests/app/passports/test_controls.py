"""Builds broken on purpose: each takes one safety away, and the tests of it have to fail."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.access import audit
from app.catalogue.models import Session as CatalogueSession
from app.children import keys
from app.children import service as children
from app.children.models import Consent
from app.embedded_postgres import EmbeddedPostgres
from app.passports import briefing, queries, service
from tests.app.passports import test_briefing as proofs
from tests.app.passports import test_briefing_readers as readers
from tests.app.passports import test_routes as routes
from tests.support.catalogue import add_child
from tests.support.world import World

Patch = pytest.MonkeyPatch
find_keys = keys.find_keys


def ask_no_consent(patch: Patch) -> None:
    patch.setattr(children, "who_consents", lambda session, child_ids, purpose: set(child_ids))


def believe_any_consent_ever_given(patch: Patch) -> None:
    def ever(session: Session, child_ids: Any, purpose: str) -> set[Any]:
        given = select(Consent.child_id).where(Consent.given, Consent.purpose == purpose)
        return set(session.scalars(given))

    patch.setattr(children, "who_consents", ever)


def take_any_purpose(patch: Patch) -> None:
    def any_purpose(session: Session, child_ids: Any, purpose: str) -> set[Any]:
        return set(session.scalars(select(Consent.child_id).where(Consent.given)))

    patch.setattr(children, "who_consents", any_purpose)


def share_for_any_place(patch: Patch) -> None:
    patch.setattr(briefing, "SHARED_WITH", ("held", *briefing.FIRM))


def show_every_booking(patch: Patch) -> None:
    patch.setattr(briefing, "FIRM", ("waitlisted", "cancelled", *briefing.FIRM))


def show_for_ever(patch: Patch) -> None:
    patch.setattr(briefing, "SHOWN_AFTER", 100 * briefing.SHOWN_AFTER)


def show_any_provider(patch: Patch) -> None:
    def anybodys(session: Session, caller: Any, session_id: Any) -> CatalogueSession | None:
        return session.get(CatalogueSession, (session.info["authority_id"], session_id))

    patch.setattr(queries, "find_session", anybodys)


def record_nothing(patch: Patch) -> None:
    patch.setattr(audit, "record", lambda *_, **__: None)


def fetch_child_by_child(patch: Patch) -> None:
    def one_by_one(session: Session, masters: Any, child_ids: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for child_id in child_ids:
            found |= find_keys(session, masters, [child_id])
        return found

    patch.setattr(keys, "find_keys", one_by_one)


def write_over_what_was_not_seen(patch: Patch) -> None:
    patch.setattr(service, "check_precondition", lambda if_match, before: None)


CONTROLS: list[tuple[Callable[[Patch], None], Callable[..., None]]] = [
    (ask_no_consent, proofs.TestConsent().test_the_newest_statement_holds_from_the_next_call),
    (ask_no_consent, proofs.TestConsent().test_none_recorded_is_none_given),
    (
        believe_any_consent_ever_given,
        proofs.TestConsent().test_the_newest_statement_holds_from_the_next_call,
    ),
    (take_any_purpose, proofs.TestConsent().test_none_recorded_is_none_given),
    (share_for_any_place, proofs.TestWhoComes().test_firm_places_and_those_held),
    (share_for_any_place, proofs.TestWhoComes().test_a_child_who_did_not_come),
    (show_every_booking, proofs.TestWhoComes().test_who_waits_or_has_cancelled_is_nobody),
    (show_for_ever, proofs.TestTime().test_until_two_weeks_after_the_session),
    (show_any_provider, readers.TestOthers().test_another_providers_session_is_not_there),
    (record_nothing, readers.TestAudit().test_one_entry_a_child_a_look),
    (record_nothing, readers.TestAudit().test_what_cannot_be_recorded_is_not_shown),
    (fetch_child_by_child, readers.test_as_many_statements_for_twenty_children_as_for_one),
    (write_over_what_was_not_seen, routes.TestWriting().test_two_who_write_the_first_at_once),
]


@pytest.mark.parametrize(
    ("breaking", "proof"),
    CONTROLS,
    ids=[f"{breaking.__name__}-{proof.__name__}" for breaking, proof in CONTROLS],
)
def test_a_broken_build_is_caught(
    breaking: Callable[[Patch], None],
    proof: Callable[..., None],
    world: World,
    engine: Engine,
    postgres: EmbeddedPostgres,
    monkeypatch: Patch,
) -> None:
    there = {
        "world": world,
        "engine": engine,
        "postgres": postgres,
        "child_id": add_child(world),
    }
    wanted = proof.__code__.co_varnames[: proof.__code__.co_argcount]
    breaking(monkeypatch)

    with pytest.raises(AssertionError):
        proof(**{name: there[name] for name in wanted if name in there})
