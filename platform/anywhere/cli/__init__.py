"""The `anywhere` command: what the browser does, from a shell. Needs only the REST API."""
