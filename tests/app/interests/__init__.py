"""Tests of app/interests."""
