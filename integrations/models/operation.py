"""The tables that operators read: when a worker was last seen, and the counters."""

from __future__ import annotations

from django.db import models


class WorkerPulse(models.Model):
    """When a worker last looked for deliveries: one row for all workers."""

    single = models.BooleanField(primary_key=True, default=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(single=True), name="worker_pulse_once"
            ),
        )

    def __str__(self) -> str:
        return f"seen at {self.seen_at}"


class RunningTotal(models.Model):
    """A counter that only grows: the sum of what all processes counted."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
