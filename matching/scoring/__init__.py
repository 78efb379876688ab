"""Scoring: one module for each thing that is measured on a pair."""
