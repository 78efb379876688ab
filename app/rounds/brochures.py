"""Brochures: frozen as a round is published, kept in every form, ordered for a child on request."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.accept import preferred
from app.access import audit
from app.access.caller import Caller
from app.authorities.service import get_authority
from app.children import service as children
from app.children.profiles import get_profile
from app.engine.warm import WarmCatalogues
from app.errors import Invalid, NotAcceptable, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.outbox.service import emit
from app.rounds import queries
from app.rounds.brochure_schemas import BrochureQuery, BrochureRead, ChangesRead, SessionChange
from app.rounds.content import gather
from app.rounds.errors import NotPublished, OutOfOrder
from app.rounds.models import Brochure, BrochureDocument, BrochureSession, Round
from app.rounds.personalising import personalise
from app.rounds.rendering import FORMS, Form, render
from app.rounds.service import advance, get_round, status_at, touch

EASY_READ: Final[dict[str, Form]] = {"html": "easy_read_html", "pdf": "easy_read_pdf"}
STANDARD: Final[dict[str, Form]] = {"json": "json", "html": "html", "pdf": "pdf"}


@dataclass(frozen=True)
class Answer:
    """A brochure as it is sent, and how many of its sessions are not as it says any more."""

    form: Form
    content: bytes
    version: int
    changes: int


def publish_round(
    session: Session, caller: Caller, round_id: UUID, *, if_match: str, now: datetime
) -> Round:
    """Publish a round and freeze its brochure."""
    row = get_round(session, caller, round_id, lock=True)
    if row.state != "published":
        check_if_match(if_match, row.version)
    if advance(session, row, "published", now=now):
        _freeze(session, caller, row, version=1, now=now)
        audit.record(session, caller, "round.publish", now=now, object_id=row.id)
    return row


def republish(
    session: Session, caller: Caller, round_id: UUID, *, if_match: str, now: datetime
) -> Round:
    """Freeze the next version of a published round's brochure, from the catalogue as it is now."""
    row = get_round(session, caller, round_id, lock=True)
    if row.state == "draft":
        raise NotPublished("Publish the round first.")
    check_if_match(if_match, row.version)
    status = status_at(row, now)
    if status not in ("published", "choices_open"):
        raise OutOfOrder("Nobody chooses from it any more.", status=status)
    newest = queries.newest_versions(session, [row.id])[row.id]
    touch(row, now=now)
    _freeze(session, caller, row, version=newest + 1, now=now)
    emit(session, "round.brochure_republished", row.id, sequence=row.version, now=now)
    audit.record(session, caller, "brochure.republish", now=now, object_id=row.id)
    return row


def _freeze(session: Session, caller: Caller, row: Round, *, version: int, now: datetime) -> None:
    authority = get_authority(session, caller).name
    content = gather(session, row, authority=authority, version=version, now=now)
    brochure = Brochure(
        authority_id=row.authority_id,
        id=new_id(),
        round_id=row.id,
        version=version,
        frozen_by=caller.client_id,
        frozen_at=now,
    )
    session.add(brochure)
    session.flush()
    key = {"authority_id": row.authority_id, "brochure_id": brochure.id}
    for form in FORMS:
        made = render(content, form)
        digest = sha256(made).digest()
        session.add(BrochureDocument(**key, form=form, content=made, sha256=digest))
    session.add_all(
        BrochureSession(
            **key, session_id=one.session_id, starts_at=one.starts_at, ends_at=one.ends_at
        )
        for activity in content.activities
        for one in activity.sessions
    )
    session.flush()


def read_brochure(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    round_id: UUID,
    query: BrochureQuery,
    *,
    accept: str,
    now: datetime,
) -> Answer:
    """Give a brochure as it was frozen, or what it says ordered for a child."""
    form = choose_form(query, accept)
    brochure = _find(session, caller, round_id, query.version)
    changes = len(queries.list_changed(session, brochure.id))
    if query.child_id is None:
        content = queries.read_document(session, brochure.id, form)
        return Answer(form, content, brochure.version, changes)
    child = get_profile(session, caller, query.child_id)
    name = children.get_child(session, caller, query.child_id).given_name
    frozen = BrochureRead.model_validate_json(queries.read_document(session, brochure.id, "json"))
    catalogue = warm.get(session, now=now)
    own = personalise(session, catalogue, frozen, child, given_name=name, now=now)
    audit.record(
        session, caller, "brochure.personalise", now=now, object_id=round_id, child_ids=[child.id]
    )
    return Answer(form, render(own, form), brochure.version, changes)


def read_changes(
    session: Session, caller: Caller, round_id: UUID, version: int | None
) -> ChangesRead:
    """List which of a brochure's sessions have been cancelled or moved since it was frozen."""
    brochure = _find(session, caller, round_id, version)
    return ChangesRead(
        round_id=round_id,
        version=brochure.version,
        frozen_at=brochure.frozen_at,
        items=[
            SessionChange(
                session_id=row.id,
                activity_id=row.activity_id,
                title=row.title,
                change="cancelled" if row.status == "cancelled" else "moved",
                was_starts_at=row.was_starts_at,
                was_ends_at=row.was_ends_at,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            for row in queries.list_changed(session, brochure.id)
        ],
    )


def _find(session: Session, caller: Caller, round_id: UUID, version: int | None) -> Brochure:
    row = get_round(session, caller, round_id)
    if row.state == "draft":
        raise NotPublished("Publish the round first.")
    brochure = queries.find_brochure(session, round_id, version)
    if brochure is None:
        raise NotFound
    return brochure


def choose_form(query: BrochureQuery, accept: str) -> Form:
    """Choose the form that was named, or the one that the caller likes best of those we have."""
    easy = query.style == "easy_read"
    forms = EASY_READ if easy else STANDARD
    if query.format is not None:
        if query.format not in forms:
            raise Invalid("style", "not_in_this_format", "Easy read is a page or a PDF")
        return forms[query.format]
    # As data first, unless a page is liked better; what a browser sends names pages first.
    offered = {"json": "application/json", "html": "text/html", "pdf": "application/pdf"}
    media_types = {offered[name]: form for name, form in forms.items()}
    liked = preferred(accept, list(media_types))
    if liked is None:
        raise NotAcceptable(
            "Ask for one of these in Accept, or by format.", available=list(media_types)
        )
    return media_types[liked]
