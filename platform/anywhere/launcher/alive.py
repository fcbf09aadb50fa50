"""`python -m anywhere.launcher.alive KIND SECONDS`: ends with 0 when a process of the kind told lately that it lives.

For probes of processes without a port. A database that does not answer is no reason to restart the one who asks.
"""

from __future__ import annotations

import os
import sys

QUERY = "SELECT count(*) FROM operations_beacon WHERE kind = %s AND seen_at > now() - make_interval(secs => %s)"


def is_alive(database_url: str, kind: str, seconds: float) -> bool:
    """Tell whether a process of the kind was seen within the seconds; True when that cannot be asked."""
    import psycopg2  # type: ignore[import-untyped]

    try:
        connection = psycopg2.connect(database_url, connect_timeout=5)
    except psycopg2.Error:
        return True
    try:
        with connection.cursor() as cursor:
            cursor.execute(QUERY, (kind, seconds))
            return bool(cursor.fetchone()[0])
    except psycopg2.Error:
        return True
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_alive(os.environ["DATABASE_URL"], sys.argv[1], float(sys.argv[2])) else 1)
