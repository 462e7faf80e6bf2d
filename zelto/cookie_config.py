"""Name the cookies of this Zelto."""

from zelto.base_address import base_address

KINDS = ("session", "csrf", "messages", "known_browser")


def cookie_names() -> dict[str, str]:
    """Return by their kinds the names of cookies, which no other program on the host has.

    Browsers send the cookies of a host to each of its ports: with a name that others use
    too, such as Django's `sessionid`, one program signs people out of the other. So there
    is a port in it where the address has one: two of Zelto itself stay apart as well.

    Raises:
        ImproperlyConfigured: ZELTO_BASE_URL is no address.
    """
    port = base_address().port
    ending = f"_{port}" if port else ""
    return {kind: f"zelto_{kind}{ending}" for kind in KINDS}
