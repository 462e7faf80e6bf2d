"""The pages of the help."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import signed_in_view
from accounts.http import SignedInRequest
from accounts.models import Organization
from integrations.help.html import help_html
from integrations.help.pages import help_page, help_pages


@require_safe
@signed_in_view
def help_index(request: SignedInRequest) -> HttpResponse:
    return render(request, "integrations/help/index.html", {"pages": help_pages()})


@require_safe
@signed_in_view
def help_detail(request: SignedInRequest, path: str) -> HttpResponse:
    """Render one page of the help, for the organization that the reader visited last.

    Raises:
        Http404: there is no such page.
    """
    page = help_page(path)
    if page is None:
        raise Http404("No such help page")
    organization: Organization | None = getattr(request, "organization", None)
    markdown = page.markdown(organization.slug if organization else None)
    context = {"page": page, "pages": help_pages(), "text": help_html(markdown)}
    return render(request, "integrations/help/page.html", context)
