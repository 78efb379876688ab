"""Every table, imported once, for Alembic and for the tests of the schema."""

import app.access.models
import app.allocations.models
import app.authorities.models
import app.bookings.models
import app.catalogue.models
import app.children.models
import app.closures.models
import app.commissioning.models
import app.engine.models
import app.gaps.models
import app.outbox.models
import app.outcomes.models
import app.passports.models
import app.releases.models
import app.rounds.models
import app.wishes.models
import app.work.models  # noqa: F401
from app.db import Base

metadata = Base.metadata
