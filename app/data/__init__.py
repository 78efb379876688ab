"""Data files that ship with the service; SOURCES.md names where each is from."""
