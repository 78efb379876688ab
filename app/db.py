"""The database: tables' base, the tenant bound to each transaction, the one commit."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from time import monotonic
from typing import Any, ClassVar, Final, TypeVar, cast
from uuid import UUID

import psycopg
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    ForeignKeyConstraint,
    Insert,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    create_engine,
    event,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    mapped_column,
    sessionmaker,
)
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from app.ids import new_id

OWNER_ROLE: Final = "shortbreaks_owner"
API_ROLE: Final = "shortbreaks_api"

# Every other table has `authority_id` and row-level security; a test holds the schema to it.
TABLES_WITHOUT_TENANT: Final = frozenset(
    {
        "authorities",
        "clients",
        "alembic_version",
        "procrastinate_jobs",
        "procrastinate_workers",
        "procrastinate_periodic_defers",
        "procrastinate_events",
    }
)

# Bound instead of an authority where a path around the tenant is meant: token lookup, the
# first row of a new authority, and lists of authorities to go through one by one.
NO_TENANT: Final = "no tenant"

# Unused for longer, a connection is asked whether it still stands before it is used.
IDLE_S: Final = 1.0

BIND_TENANT: Final = text("SELECT set_config('app.authority', :authority, true)")


class UTCDateTime(TypeDecorator[datetime]):
    """An instant; a naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive values on the way in."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC on the way out, whatever the server's zone."""
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime(),
        str: Text(),
        UUID: Uuid(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
    }


class TenantTable:
    """The key every tenant table begins with."""

    authority_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


def belongs_to(
    table: str, column: str, *, ondelete: str | None = None, name: str | None = None
) -> ForeignKeyConstraint:
    """Refer to a row of the same authority; a single-column key could cross tenants."""
    return ForeignKeyConstraint(
        ["authority_id", column],
        [f"{table}.authority_id", f"{table}.id"],
        ondelete=ondelete,
        name=name,
    )


Model = TypeVar("Model", bound=Base)

# What becomes of text in a JSON document; the other types of columns are JSON's own.
FROM_TEXT: Final[Mapping[type, Callable[[str], Any]]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


@cache
def _readers(table: type[Base]) -> dict[str, Callable[[str], Any] | None]:
    types = {column.key: column.type.python_type for column in table.__table__.columns}
    return {key: FROM_TEXT.get(type_) for key, type_ in types.items()}


@lru_cache(maxsize=1024)
def read_documents(table: type[Model], documents: str) -> tuple[Model, ...]:
    """Make rows of a JSON list that a statement gave; the same list gives the same rows again.

    No session keeps track of them, and nobody may write to them.
    """
    return tuple(
        table(
            **{
                key: read(document[key]) if read and document[key] is not None else document[key]
                for key, read in _readers(table).items()
            }
        )
        for document in json.loads(documents)
    )


# A table and the values of a new row of it, every column named.
NewRow = tuple[type[Base], Mapping[str, Any]]


def columns_of(row: Base) -> dict[str, Any]:
    """Give a new row's values by the names of their columns."""
    return {name: getattr(row, name) for name in row.__table__.columns.keys()}  # noqa: SIM118


def insert_together(session: Session, rows: Sequence[NewRow]) -> None:
    """Write new rows of several tables in one statement, past the mapper, which knows none of them.

    Each statement takes longer on its way than its rows do in the database.
    """
    statement = _insert_into(tuple(table for table, _ in rows))
    values = {
        f"{table.__tablename__}_{name}": value for table, row in rows for name, value in row.items()
    }
    session.connection().execute(statement, values)


@cache
def _insert_into(tables: tuple[type[Base], ...]) -> Insert:
    *others, last = [
        insert(cast("Table", table.__table__)).values(
            {
                name: bindparam(f"{table.__tablename__}_{name}")
                for name in table.__table__.columns.keys()  # noqa: SIM118
            }
        )
        for table in tables
    ]
    return last.add_cte(*(other.cte(f"row_{number}") for number, other in enumerate(others)))


def with_driver(url: str, *, role: str) -> URL:
    """Make a PostgreSQL URL one for psycopg 3 that acts in the given role.

    The role is a start-up option, so `RESET ROLE` in a session leads back to it.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return parsed.update_query_dict({"options": f"-c role={role}"})


def make_engine(url: str, *, role: str = API_ROLE, pool_size: int = 20) -> Engine:
    """Open a pool of connections that give up rather than hang."""
    engine = create_engine(
        with_driver(url, role=role),
        pool_size=pool_size,
        # For what does not wait for its turn: jobs, and the record of a refusal.
        max_overflow=10,
        pool_timeout=10,
        # A DBAPI error would otherwise carry a child's data into the log.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "prepare_threshold": 3},
    )

    @event.listens_for(engine, "connect")
    def set_limits(connection: Any, _: Any) -> None:
        connection.execute("SET lock_timeout = '3s'")
        connection.execute("SET statement_timeout = '30s'")
        connection.execute("SET idle_in_transaction_session_timeout = '60s'")
        connection.execute("SET timezone = 'UTC'")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def note_time(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["returned_at"] = monotonic()

    @event.listens_for(engine, "checkout")
    def check_idle(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        # Under load each was used a moment ago, and asking takes as long as any statement. One
        # that broke since fails its request, which may be sent again, and all others are renewed.
        if monotonic() - record.info.get("returned_at", -IDLE_S) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    return engine


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Make sessions whose every transaction is bound to one tenant."""
    factory = sessionmaker(engine, expire_on_commit=False)
    event.listen(factory, "after_begin", _bind_tenant)
    return factory


def _bind_tenant(session: Session, _: SessionTransaction, connection: Connection) -> None:
    # Local to the transaction: a value set for the connection would leak to its next user.
    authority_id = session.info.get("authority_id")
    if authority_id is None:
        raise RuntimeError("a transaction was begun with no tenant bound")
    value = "" if authority_id is NO_TENANT else str(authority_id)
    connection.execute(BIND_TENANT, {"authority": value})


@contextmanager
def transaction(factory: sessionmaker[Session], authority_id: UUID | str) -> Iterator[Session]:
    """Open one unit of work for a tenant: commit on a clean exit, roll back on any error."""
    with factory(info={"authority_id": authority_id}) as session, session.begin():
        yield session


def bind_tenant(session: Session, authority_id: UUID) -> None:
    """Bind a transaction that began without a tenant, once the tenant is known."""
    session.info["authority_id"] = authority_id
    session.execute(BIND_TENANT, {"authority": str(authority_id)})
