"""Alembic migrations, numbered from 0001 with one head; each can be taken back."""
