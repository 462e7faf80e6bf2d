"""How the embedded Postgres is set up. Given at each start, so a release can change it."""

from pathlib import Path

from zelto.embedded.location import PORT

INITDB_OPTIONS = [
    "--username=postgres",
    "--encoding=UTF8",
    # The same order of words on every machine, whatever its system library.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    # Whoever may enter the socket folder (mode 0700) may connect, and nobody else.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
]

SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Two web processes of six threads, the workers, and a few commands beside them.
    "max_connections": "100",
    "shared_buffers": "128MB",
    "io_method": "sync",  # saves three processes that a small machine does not need
    "jit": "off",
    "random_page_cost": "1.1",  # nobody runs this on spinning disks
    "max_wal_size": "512MB",
    # No replicas: less is written, and nothing has to be set up for them.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "idle_in_transaction_session_timeout": "5min",
    # A failed statement may hold what a caller said: keep it out of the log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}

# For databases that a test throws away: a power cut may ruin them, `kill -9` may not.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


def server_options(folder: Path, sockets: Path, *, throwaway: bool) -> list[str]:
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    if throwaway:
        settings |= THROWAWAY_SETTINGS
    options = ["-D", str(folder)]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    return options
