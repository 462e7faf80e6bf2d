"""Sessions that are posted and made into conversations on the same machine."""

from __future__ import annotations

import time
from datetime import datetime

from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.report import Figures, Ratio, below
from bench.senders import Sent, post_sessions

CONNECTIONS = 32
WARM_UP_SECONDS = 2
GOAL_RATE = 1000.0  # sessions a second, on two cores
GOAL_SHARE = 0.4  # of what is stored while no worker runs
# Held for a while at this share of the sustained rate: does the lag stay where it is?
HELD_SHARE = 0.9
GOAL_LAG = 2.0  # seconds
DRAINED_WITHIN = 600.0


def measure(
    instance: Instance, tenant: Tenant, *, seconds: int, stored_rate: float | None
) -> tuple[Figures, list[Ratio]]:
    """Measure the sustained rate, then the lag at parts of it.

    stored_rate: posts a second of the same run, without a worker.
    """
    sustained = _flat_out(instance, tenant, seconds)
    rate = sustained["rate"]
    held = _paced(instance, tenant, seconds, rate * HELD_SHARE)
    half = _paced(instance, tenant, seconds, rate / 2)
    figures = {"flat_out": sustained, "held": held, "half": half}
    return figures, [
        _rate_ratio(rate, stored_rate),
        below(f"lag at {held['offered']:,.0f}/s, p99", held["lag_p99"], GOAL_LAG, " s"),
        below(f"lag at {half['offered']:,.0f}/s, p99", half["lag_p99"], GOAL_LAG, " s"),
    ]


def _rate_ratio(rate: float, stored_rate: float | None) -> Ratio:
    goal = f">= {GOAL_RATE:,.0f}/s"
    value = f"{rate:,.0f}/s"
    met = rate >= GOAL_RATE
    if stored_rate:
        share = rate / stored_rate
        goal += f" or {GOAL_SHARE:g} of stored"
        value += f", {share:.2f}"
        met = met or share >= GOAL_SHARE
    return Ratio("posted and processed, sustained", goal, value, met)


def _flat_out(instance: Instance, tenant: Tenant, seconds: int) -> Figures:
    """Post as fast as is answered, until the last post is processed."""
    post(instance, tenant, seconds=WARM_UP_SECONDS)
    wait_until_drained(instance)
    began_at = now(instance)
    sent = post(instance, tenant, seconds=seconds)
    wait_until_drained(instance)
    processed, lasted = instance.execute(
        "SELECT count(*), EXTRACT(epoch FROM max(processed_at) - min(received_at))::float"
        " FROM integrations_delivery"
        " WHERE outcome = 'processed' AND received_at >= %s",
        began_at,
    )[0]
    rate = processed / lasted
    print(f"  flat out: {processed:,} in {lasted:.1f} s, {rate:,.0f}/s", flush=True)
    return {"rate": rate, "stored_rate": sent.rate, "processed": processed} | lag(
        instance, began_at
    )


def _paced(instance: Instance, tenant: Tenant, seconds: int, offered: float) -> Figures:
    began_at = now(instance)
    sent = post(instance, tenant, seconds=seconds, rate=offered)
    wait_until_drained(instance)
    found = {"offered": offered, "answered": sent.rate} | lag(instance, began_at)
    print(
        f"  paced at {offered:,.0f}/s: {sent.rate:,.0f}/s answered, lag p50 "
        f"{found['lag_p50']:.2f} s, p99 {found['lag_p99']:.2f} s",
        flush=True,
    )
    return found


def post(
    instance: Instance, tenant: Tenant, *, seconds: int, rate: float | None = None
) -> Sent:
    """Post sessions for so many seconds; with a rate no more than so many a second."""
    return post_sessions(
        f"{instance.url}/webhooks/calls",
        tenant.key,
        folder=instance.folder,
        connections=CONNECTIONS,
        seconds=seconds,
        rate=rate,
    )


def wait_until_drained(instance: Instance) -> None:
    """Wait until no delivery is left to process.

    Raises:
        BenchError: some are left after `DRAINED_WITHIN` seconds.
    """
    give_up_at = time.monotonic() + DRAINED_WITHIN
    while instance.execute(
        "SELECT FROM integrations_delivery WHERE outcome = 'accepted' LIMIT 1"
    ):
        if time.monotonic() > give_up_at:
            raise BenchError(f"Not processed within {DRAINED_WITHIN:.0f} s.")
        time.sleep(0.2)


def now(instance: Instance) -> datetime:
    """Return the moment by the clock of the database, which dates the log."""
    moment: datetime = instance.execute("SELECT now()")[0][0]
    return moment


def lag(instance: Instance, began_at: datetime) -> Figures:
    """Return percentiles of the seconds from a delivery's arrival to its conversation."""
    failed, (p50, p99, worst) = instance.execute(
        """
        SELECT count(*) FILTER (WHERE outcome = 'failed'),
            percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (
                ORDER BY EXTRACT(epoch FROM processed_at - received_at)::float)
        FROM integrations_delivery
        WHERE outcome IN ('processed', 'failed') AND received_at >= %s
        """,
        began_at,
    )[0]
    return {"failed": failed, "lag_p50": p50, "lag_p99": p99, "lag_worst": worst}
