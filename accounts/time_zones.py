"""The time zones that an organization may choose."""

import zoneinfo
from functools import cache

# Folders and files that lie beside the zones on some systems.
_NO_PLACES = ("posix/", "right/", "SystemV/", "Etc/")
_NO_ZONES = {"Factory", "localtime", "posixrules"}


@cache
def time_zone_choices() -> list[tuple[str, str]]:
    """Return (name, label) of each time zone that this machine knows, sorted by name."""
    names = {
        name
        for name in zoneinfo.available_timezones()
        if not name.startswith(_NO_PLACES) and name not in _NO_ZONES
    }
    return [(name, name.replace("_", " ")) for name in sorted(names | {"UTC"})]
