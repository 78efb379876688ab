"""Imports over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.access.guards import CatalogueWrite, SessionDep
from app.dependencies import NowDep
from app.feeds import service
from app.feeds.errors import ImportRejected
from app.feeds.readers import FeedKind
from app.feeds.schemas import ImportReport
from app.problems import responses

# The parts of a form around the file need some room of their own.
LARGEST_FORM = service.LARGEST_FILE + 64 * 1024

router = APIRouter(prefix="/imports", tags=["feeds"], max_body_size=LARGEST_FORM)


class ImportForm(BaseModel):
    """A file and how to take it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"file": "(the file)", "kind": "csv", "dry_run": True, "partial": False}]
        }
    )

    file: UploadFile
    kind: FeedKind
    dry_run: bool = Field(False, description="Report, and change nothing")
    partial: bool = Field(False, description="Take the good rows although others have errors")


@router.post("", response_model=ImportReport, responses=responses(ImportRejected))
def import_file(
    form: Annotated[ImportForm, Form(media_type="multipart/form-data")],
    caller: CatalogueWrite,
    session: SessionDep,
    now: NowDep,
) -> ImportReport:
    """Import a file of providers, activities and sessions into the catalogue."""
    return service.import_file(
        session,
        caller,
        form.file.file.read(),
        form.kind,
        now=now,
        dry_run=form.dry_run,
        partial=form.partial,
    )
