"""Whether an answer is what `/v1/openapi.json` describes."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

from django.http import HttpResponse
from django.urls import Resolver404, resolve
from jsonschema import Draft202012Validator, FormatChecker

PROBLEM = "application/problem+json"


class Description:
    """The description of `/v1`, against which answers are checked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def check(self, method: str, response: HttpResponse) -> None:
        """Fail where the answer is not described."""
        content_type = response.get("Content-Type", "").partition(";")[0]
        assert response["X-Request-Id"]
        operation = self._operation(method, response)
        if operation is None:
            assert response.status_code in {400, 401, 403, 404, 405, 500, 503}
            assert content_type == PROBLEM
            return self.fits("Problem", response)
        described = operation["responses"].get(str(response.status_code))
        assert described, f"{response.status_code} is not described"
        for name in described.get("headers", {}):
            # Of what is not sent, no tag is made.
            is_there = name in response.headers or (name, method) == ("ETag", "HEAD")
            assert is_there, f"{name} is described, and not there"
        if "content" not in described:
            assert not response.content
            return None
        if "audio/*" in described["content"]:
            assert content_type.startswith("audio/")
            return None
        assert content_type in described["content"]
        if method != "HEAD":
            schema = described["content"][content_type]["schema"]
            self.fits(schema["$ref"].rpartition("/")[2], response)

    def fits(self, name: str, response: HttpResponse) -> None:
        """Fail where the body of an answer does not fit the schema of this name."""
        text = response.content
        if response.get("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        body = json.loads(text)
        self.fits_json(name, body)
        if name == "Problem":
            assert body["status"] == response.status_code
            assert body["requestId"] == response["X-Request-Id"]

    def fits_json(self, name: str, body: Any) -> None:
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": self.document["components"],
        }
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        faults = [
            f"{one.json_path}: {one.message}" for one in validator.iter_errors(body)
        ]
        assert not faults

    def _operation(self, method: str, response: Any) -> dict[str, Any] | None:
        try:
            match = resolve(response.request["PATH_INFO"])
        except Resolver404:
            return None
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{match.route}")
        operations: dict[str, dict[str, Any]] = self.document["paths"].get(path, {})
        return operations.get("get" if method == "HEAD" else method.lower())
