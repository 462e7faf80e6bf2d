"""`/v1/conversations`, with transcripts and recordings."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts import audit
from api.changed_conversations import (
    ConversationList,
    FollowedParameters,
    list_changed,
)
from api.conversations import (
    Conversation,
    UploadedConversation,
    find_conversation,
    find_recording,
    get_conversation,
    list_conversations,
    with_warnings,
)
from api.drf_hooks import caller_of, plain
from api.parameters import Parameters, read_query
from api.resources import answer, id_in, nothing
from api.schema.operations import operation
from api.transcripts import Transcript, transcript_json
from api.uploads import Upload, log_refusal
from api.views.endpoint import Endpoint
from conversations.listing.forms import MAX_METADATA_FILTERS
from conversations.models import Conversation as ConversationRow
from conversations.recordings import serving
from integrations.erasure.erase import BeingWritten, erase_conversation
from integrations.problems import RETRY_AFTER, Refusal
from integrations.providers.canonical.schema import CallBody

TAG = "Conversations"
NOUN = "conversation"
BUSY = "The conversation is being written just now. Try again in a moment."

log = logging.getLogger(__name__)

# Each key of the object is a parameter of its own.
METADATA = OpenApiParameter(
    "metadata",
    {
        "type": "object",
        "propertyNames": {"pattern": r"^metadata\..{1,255}$"},
        "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 255},
        "maxProperties": MAX_METADATA_FILTERS,
        # The first one stands in the field where somebody tries it out.
        "examples": [{}, {"metadata.campaign": "spring"}],
    },
    OpenApiParameter.QUERY,
    style="form",
    explode=True,
    description="A key of the metadata with the text of its value, exactly: "
    "`metadata.campaign=spring`. Each key is a parameter of its own.",
)


UPLOAD = """\
A multipart body with two parts: `file` is the audio, `call` the whole body of the webhook
as JSON. Its call is one of the provider `upload`, an id space of its own; uploading it
again replaces the audio and updates the call. Where no turns are sent, Zelto transcribes
it in the background. Everything that refuses a post of the webhook refuses an upload;
so does a file that is no audio (415) and the id of a call that was erased (409). Needs a
key of the scope `full` or `ingest`.
"""
PARTS = {
    "type": "object",
    "required": ["file", "call"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The audio."},
        # As the webhook describes it.
        "call": {"$ref": f"#/components/schemas/Posted{CallBody.__name__}"},
    },
}
RANGE_HEADERS = [
    OpenApiParameter(
        "Range",
        {"type": "string", "examples": ["bytes=0-1023"]},
        OpenApiParameter.HEADER,
        description="`bytes=0-1023`, `bytes=1024-` or `bytes=-1024`. Several ranges, or "
        "one that makes no sense: all of it.",
    ),
    OpenApiParameter(
        "If-Range",
        {"type": "string", "examples": ['"9f86d081884c7d659a2feaa0c55ad015"']},
        OpenApiParameter.HEADER,
        description="An `ETag`: all of it where it is another one by now.",
    ),
    OpenApiParameter(
        "Content-Range",
        str,
        OpenApiParameter.HEADER,
        response=[206, 416],
        description="Which bytes of how many.",
    ),
    OpenApiParameter(
        "Accept-Ranges",
        str,
        OpenApiParameter.HEADER,
        response=[200, 206],
        description="`bytes`.",
    ),
    OpenApiParameter(
        "Location",
        str,
        OpenApiParameter.HEADER,
        response=[302],
        description="The link, with its signature.",
    ),
]


class ConversationsView(Endpoint):
    upload: Upload | None = None

    def get_permissions(self) -> Any:
        """Return no permission for an upload, which needs another scope and checks it
        itself.
        """
        posts = self.request is not None and self.request.method == "POST"
        return [] if posts else super().get_permissions()

    def handle_exception(self, exc: Exception) -> Any:
        request = plain(self.request)
        if request.method == "POST" and isinstance(exc, Refusal):
            log_refusal(request, exc, self.upload.arrival if self.upload else None)
        return super().handle_exception(exc)

    @operation(
        "listConversations",
        "List conversations",
        tag=TAG,
        description="By arrival, newest first; all filters must fit. What just arrived "
        "is found by `q` and most other filters a second later. A page is short where "
        "its rows hold much metadata. Programs that keep up "
        "with what arrives and changes use `changedSince`: `createdAt` and `updatedAt` "
        "say when something happened, and some of it is stored later than what follows.",
        conditional=True,
        asks=FollowedParameters,
        further=[METADATA],
        gives={200: (ConversationList, "A page of them.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(FollowedParameters, request.query_params)
        organization = caller_of(request).organization
        if parameters.changed_since is not None:
            return answer(list_changed(organization, parameters))
        part = list_conversations(organization, parameters)
        return answer(
            ConversationList(data=part.rows, erased=[], next_cursor=part.next_cursor)
        )

    @operation(
        "uploadConversation",
        "Upload a recording",
        tag=TAG,
        description=UPLOAD,
        multipart=PARTS,
        gives={202: (UploadedConversation, "It is stored.")},
        refuses=(409, 411, 413, 415, 422),
    )
    def post(self, request: Request) -> HttpResponse:
        read_query(Parameters, request.query_params)
        caller = caller_of(request)
        self.upload = Upload(plain(request), caller.organization.pk, caller.key.pk)
        uploaded = self.upload.take(caller)
        kept = get_conversation(caller.organization, uploaded.conversation.pk)
        return answer(with_warnings(kept, uploaded.warnings), 202)


class ConversationView(Endpoint):
    @operation(
        "getConversation",
        "One conversation",
        tag=TAG,
        description="The facts of one; what was said is its transcript.",
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
        except BeingWritten:
            raise Refusal(503, BUSY, headers=tuple(RETRY_AFTER.items())) from None
        return HttpResponse(status=204)


class TranscriptView(Endpoint):
    @operation(
        "getTranscript",
        "What was said",
        tag=TAG,
        description="All turns in order, tool calls among them.",
        has_id=True,
        conditional=True,
        gives={200: (Transcript, "The transcript.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        body = transcript_json(organization, id_in(id, NOUN))
        return HttpResponse(body, content_type="application/json")


class RecordingView(Endpoint):
    @operation(
        "getRecording",
        "The recording",
        tag=TAG,
        description="The audio, in the format in which it was sent. 404 where Zelto "
        "keeps none: `recording.state` of the conversation says where it stands. Where "
        "recordings are kept in S3, the answer is 302 to a link that holds for some "
        "minutes; do not send the key there. Each key's listening is in the audit log.",
        has_id=True,
        conditional=True,
        further=[*RANGE_HEADERS],
        gives={
            200: (OpenApiTypes.BINARY, "All of it."),
            206: (OpenApiTypes.BINARY, "The bytes that `Range` asks for."),
            302: (None, "It is at `Location`, for some minutes."),
        },
        refuses=(416,),
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        read_query(Parameters, request.query_params)
        caller = caller_of(request)
        recording = find_recording(caller.organization, id_in(id, NOUN))
        try:
            response = serving.serve(plain(request), recording)
        except serving.Unsatisfiable as error:
            headers = (("Content-Range", error.content_range),)
            raise Refusal(416, error.detail, headers=headers) from None
        except serving.Busy as error:
            headers = (("Retry-After", str(error.retry_after)),)
            raise Refusal(503, error.detail, headers=headers) from None
        except serving.FileIsGone as error:
            log.error("%s", error)
            raise Refusal(404, "The file of this recording is gone.") from None
        if serving.counts_as_playback(plain(request), response):
            audit.record_opening(
                organization=caller.organization,
                by=None,
                key=caller.key,
                **serving.opening_of(recording),
            )
        return response
