"""The shape of every error (RFC 9457), as `integrations.problems` builds it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class FieldFault(BaseModel):
    """One misfit."""

    path: str = Field(description="The field or parameter.", examples=["limit"])
    detail: str = Field(
        description="What to do about it.",
        examples=['must be a whole number from 1 to 200; got "many"'],
    )


class Problem(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(alias_generator=to_camel)

    type: str = Field(
        description="Always `about:blank`: the status says which problem it is.",
        examples=["about:blank"],
    )
    title: str = Field(description="The status in words.", examples=["Bad Request"])
    status: int = Field(description="The HTTP status.", examples=[400])
    detail: str = Field(
        description="One sentence that a person can act on.",
        examples=['limit must be a whole number from 1 to 200; got "many".'],
    )
    request_id: str = Field(
        description="Equal to the header `X-Request-Id`.",
        examples=["7f2b9b0c4ad34c1f9c2b8f5f2c1d3e4a"],
    )
    errors: list[FieldFault] | None = Field(
        None, description="Where fields or parameters are at fault; at most 100."
    )
