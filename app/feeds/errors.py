"""Refusals of the feeds room."""

from app.errors import AppError


class ImportRejected(AppError):
    """Rows have errors, so none of the file was taken; its facts are those of the report."""

    status = 422
    slug = "import-rejected"
    title = "The file has errors, and nothing of it was taken"
