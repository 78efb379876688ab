"""Tests of app/matches."""
