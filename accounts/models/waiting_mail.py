"""Mails that the mail server has not taken yet."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models

from accounts.identifiers import time_ordered_uuid
from accounts.models.invitation import Invitation
from accounts.models.leased_job import LeasedJob


class WaitingMail(LeasedJob):
    """The job of sending a mail: there before the first try, gone once it was sent.

    The mail itself is sealed, since the link in it opens something. It goes with the
    last try, and at the latest when its link expires.
    """

    # For most of a day: 10 s, 1, 5 and 30 minutes, 2, 6 and 12 hours.
    WAITS = (10, 60, 300, 1800, 7200, 21_600, 43_200)
    # Longer than the slowest try: a second one meanwhile would send it twice.
    LEASE = timedelta(minutes=5)
    ORGANIZATION = "invitation__organization_id"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    # What it is about, and to whom: a later one about the same takes its place.
    about = models.CharField(max_length=400, unique=True)
    # Of the invitation that is mailed: revoked, it takes its mail with it.
    invitation = models.OneToOneField(
        Invitation, on_delete=models.CASCADE, null=True, related_name="mail"
    )
    sealed = models.BinaryField(editable=False)
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager[WaitingMail]] = models.Manager()

    class Meta:
        indexes = (models.Index(fields=["expires_at"], name="waiting_mail_expires"),)

    def __str__(self) -> str:
        return f"Mail {self.id}"

    def give_up(self, reason: str) -> None:
        """Fail for good, and forget the mail; why it failed stays until it expires."""
        super().give_up(reason)
        failed = WaitingMail.objects.filter(pk=self.pk, state=self.State.FAILED)
        failed.update(sealed=b"")
