"""The tables that the sentence "an agent has conversations, a conversation has turns"
suggests.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import Organization


class Agent(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="naive_agents"
    )
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Agent]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "external_id"], name="naive_agent_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="naive_conversations"
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, related_name="conversations"
    )
    external_id = models.CharField(max_length=255)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=255, blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    customer_name = models.CharField(max_length=255, blank=True)
    customer_number = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Conversation]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "external_id"], name="naive_conversation_once"
            ),
        )
        indexes = (
            models.Index(
                fields=["organization", "-created_at"], name="naive_conversation_list"
            ),
        )

    def __str__(self) -> str:
        return self.external_id


class Turn(models.Model):
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns"
    )
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16)
    content = models.TextField(blank=True)
    timestamp = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Turn]] = models.Manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.role}: {self.content}"


class Charge(models.Model):
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE)
    meter = models.CharField(max_length=32)
    quantity = models.PositiveIntegerField(default=1)
    charged_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Charge]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.quantity} {self.meter}"
