"""Tests of app/bookings."""
