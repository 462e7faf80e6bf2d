"""The body of a session, as Django REST framework describes it."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, type-arg"

from __future__ import annotations

from rest_framework import serializers

ROLES = ["user", "assistant", "system", "tool"]


class CustomerSerializer(serializers.Serializer):
    number = serializers.CharField(max_length=64, required=False)
    name = serializers.CharField(max_length=255, required=False)


class CallSerializer(serializers.Serializer):
    externalId = serializers.CharField(max_length=255)
    startedAt = serializers.DateTimeField(required=False)
    endedAt = serializers.DateTimeField(required=False)
    endedReason = serializers.CharField(max_length=255, required=False)
    cost = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    customer = CustomerSerializer(required=False)


class AgentSerializer(serializers.Serializer):
    externalId = serializers.CharField(max_length=255)
    name = serializers.CharField(max_length=255, required=False)


class TurnSerializer(serializers.Serializer):
    role = serializers.ChoiceField(choices=ROLES)
    content = serializers.CharField(allow_blank=True, default="")
    timestamp = serializers.DateTimeField(required=False)


class TranscriptSerializer(serializers.Serializer):
    turns = TurnSerializer(many=True)


class SessionSerializer(serializers.Serializer):
    call = CallSerializer()
    agent = AgentSerializer()
    version = serializers.CharField(max_length=255, required=False)
    transcript = TranscriptSerializer()
    metadata = serializers.DictField(required=False)
