"""The endpoint that does everything before it answers.

Written to be good at what it is: one query for key and organization, one statement for
all turns, one transaction, nothing looked up twice.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import keys
from accounts.models import ApiKey, Organization
from bench.comparison.naive.models import Agent, Charge, Conversation, Turn
from bench.comparison.naive.serializers import SessionSerializer


class KeyAuthentication(BaseAuthentication):
    """Authentication by an API key, with its organization in one query."""

    def authenticate(self, request: HttpRequest) -> tuple[None, ApiKey]:
        """Return the key of the header.

        Raises:
            AuthenticationFailed: there is none, or it is not good.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise AuthenticationFailed("Send the header Authorization: Bearer <key>.")
        try:
            key = ApiKey.objects.select_related("organization").get(
                digest=keys.digest(text)
            )
        except ApiKey.DoesNotExist:
            raise AuthenticationFailed("Nobody has this key.") from None
        if key.revoked_at or (key.expires_at and key.expires_at <= timezone.now()):
            raise AuthenticationFailed("This key is no longer good.")
        return None, key

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


class MayPost(BasePermission):
    """The permission of keys that may post."""

    def has_permission(self, request: Any, view: APIView) -> bool:
        return request.auth.scope in {ApiKey.Scope.FULL, ApiKey.Scope.INGEST}


class ReceiveCall(APIView):
    authentication_classes = (KeyAuthentication,)
    permission_classes = (MayPost,)

    def post(self, request: Any) -> Response:
        serializer = SessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            store(request.auth.organization, serializer.validated_data)
        return Response({"received": True})


def store(organization: Organization, data: dict[str, Any]) -> None:
    """Store a session and charge it, inside the caller's transaction."""
    call, sent_agent = data["call"], data["agent"]
    agent, _ = Agent.objects.get_or_create(
        organization=organization,
        external_id=sent_agent["externalId"],
        defaults={"name": sent_agent.get("name", "")},
    )
    values = conversation_values(agent, call, data)
    conversation, is_new = Conversation.objects.get_or_create(
        organization=organization, external_id=call["externalId"], defaults=values
    )
    if not is_new:
        for name, value in values.items():
            setattr(conversation, name, value)
        conversation.save(update_fields=list(values))
        Turn.objects.filter(conversation=conversation).delete()
    Turn.objects.bulk_create(
        Turn(
            conversation=conversation,
            position=position,
            role=turn["role"],
            content=turn["content"],
            timestamp=turn.get("timestamp"),
        )
        for position, turn in enumerate(data["transcript"]["turns"])
    )
    Charge.objects.get_or_create(conversation=conversation, defaults={"meter": "calls"})


def conversation_values(
    agent: Agent, call: dict[str, Any], data: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns of a conversation, as the body has them."""
    customer = call.get("customer", {})
    return {
        "agent": agent,
        "started_at": call.get("startedAt"),
        "ended_at": call.get("endedAt"),
        "ended_reason": call.get("endedReason", ""),
        "cost": call.get("cost"),
        "customer_name": customer.get("name", ""),
        "customer_number": customer.get("number", ""),
        "version": data.get("version", ""),
        "metadata": data.get("metadata", {}),
    }
