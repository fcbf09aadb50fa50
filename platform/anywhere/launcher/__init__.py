"""Starts Anywhere on one machine: embedded PostgreSQL and Valkey, and every process under one supervisor."""
