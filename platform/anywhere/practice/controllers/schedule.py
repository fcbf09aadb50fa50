"""Cron schedules: when a CronJob is next due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_WORDS = {
    name: number
    for names, first in (("sun mon tue wed thu fri sat", 0), ("jan feb mar apr may jun jul aug sep oct nov dec", 1))
    for number, name in enumerate(names.split(), first)
}
_DAYS_AHEAD = 366 * 4
_WINDOWS = (120, 2 * 3600, 2 * 86400, 62 * 86400, 800 * 86400)


def _field(text: str, low: int, high: int) -> set[int]:
    values: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first in ("*", "?") else _number(first)
        end = high if first in ("*", "?") or (step and not last) else _number(last or first)
        values |= set(range(start, end + 1, int(step or 1)))
    return values


def _number(text: str) -> int:
    return _WORDS[text] if text in _WORDS else int(text)


def next_time(schedule: str, after: float) -> float | None:
    """The first moment after another that a schedule names (in UTC), or None when it names none."""
    parts = _NAMED.get(schedule, schedule).split()
    if len(parts) != 5:
        return None
    try:
        minutes, hours, days, months, weekdays = (_field(p, *b) for p, b in zip(parts, _BOUNDS, strict=True))
    except (ValueError, KeyError):
        return None
    weekdays = {day % 7 for day in weekdays}
    moment = datetime.fromtimestamp(after, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    any_day, any_weekday = parts[2].startswith("*"), parts[4].startswith("*")
    for ahead in range(_DAYS_AHEAD):
        day = (moment + timedelta(days=ahead)).replace(hour=0, minute=0)
        by_day, by_week = day.day in days, (day.isoweekday() % 7) in weekdays
        fits = (by_day and by_week) if any_day or any_weekday else (by_day or by_week)
        if day.month not in months or not fits:
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                found = day.replace(hour=hour, minute=minute)
                if found >= moment:
                    return found.timestamp()
    return None


def latest_time(schedule: str, after: float, now: float) -> float | None:
    """The last moment that a schedule named between two moments, or None when there was none."""
    for back in _WINDOWS:
        found, moment = None, next_time(schedule, max(after, now - back))
        while moment and moment <= now:
            found, moment = moment, next_time(schedule, moment)
        if found or now - back <= after:
            return found
    return None
