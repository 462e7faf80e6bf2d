from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.conversations import (
    Conversation,
    Transcript,
    find_conversation,
    get_conversation,
    get_transcript,
)
from api.frame import caller_of
from api.parameters import Parameters, read_query
from api.resources import answer, id_in, nothing
from api.schema.operations import operation
from api.views.endpoint import Endpoint
from conversations.models import Conversation as ConversationRow
from integrations.erasure import erase_conversation
from integrations.ingest import Refusal

TAG = "Conversations"
NOUN = "conversation"


class ConversationView(Endpoint):
    @operation(
        "getConversation",
        "One conversation",
        tag=TAG,
        has_id=True,
        conditional=True,
        gives={200: (Conversation, "The conversation.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        return answer(get_conversation(organization, id_in(id, NOUN)))

    @operation(
        "eraseConversation",
        "Erase a conversation",
        tag=TAG,
        description="For good: conversation, transcript, recording and the bodies of "
        "its deliveries. What is posted later under the same id is ignored. Needs a key "
        "of the scope `full`.",
        has_id=True,
        gives={204: (None, "It is gone.")},
    )
    def delete(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        caller = caller_of(request)
        conversation = find_conversation(caller.organization, id_in(id, NOUN))
        try:
            erase_conversation(conversation=conversation, by=None, key=caller.key)
        except ConversationRow.DoesNotExist:
            raise nothing(NOUN) from None  # somebody was quicker
        return HttpResponse(status=204)


class TranscriptView(Endpoint):
    @operation(
        "getTranscript",
        "What was said",
        tag=TAG,
        has_id=True,
        conditional=True,
        gives={200: (Transcript, "The transcript.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        return answer(get_transcript(organization, id_in(id, NOUN)))


class RecordingView(Endpoint):
    @operation(
        "getRecording",
        "The recording",
        tag=TAG,
        description="404 where Zelto keeps none, which it does not do yet: "
        "`recording.state` of the conversation says where it stands.",
        has_id=True,
        gives={},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        find_conversation(caller_of(request).organization, id_in(id, NOUN))
        raise Refusal(404, "There is no recording of this conversation.")
