"""Tags for the frame around every page: its links, its icons, its form fields."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField, CheckboxInput, Select
from django.template import Context, Library
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """Render an icon of `static/icons.svg`.

    It says nothing alone: put a word beside it.
    """
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        extra_class,
        static("icons.svg"),
        name,
    )


@register.inclusion_tag("_nav_link.html", takes_context=True)
def nav_link(
    context: Context,
    url_name: str,
    label: str,
    icon_name: str = "",
    extra_class: str = "",
    apart: str = "",
) -> dict[str, Any]:
    """Render a link of the side bar; nothing where the page does not exist (yet).

    apart: the route of a page below it that has a link of its own.
    """
    organization = context.get("organization")
    if organization is None:
        return {}
    try:
        url = reverse(url_name, kwargs={"slug": organization.slug})
    except NoReverseMatch:
        return {}
    path = context["request"].path.rstrip("/")
    current = ""
    # With a slash it is the page above all others of the organization, not a part of it.
    if path == url.rstrip("/"):
        current = "page"
    elif path.startswith(f"{url}/") and not (
        apart and path == reverse(apart, kwargs={"slug": organization.slug})
    ):
        current = "true"
    return {
        "url": url,
        "label": label,
        "icon_name": icon_name,
        "extra_class": extra_class,
        "current": current,
    }


@register.inclusion_tag("_field.html")
def field(bound: BoundField, hint: str = "") -> dict[str, Any]:
    """Render a form field with its label, its control, its help and its faults."""
    widget = bound.field.widget
    checkbox = isinstance(widget, CheckboxInput)
    if checkbox:
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    if bound.errors:
        css += " is-invalid"
    described = [bound.id_for_label + "_help"] if hint or bound.help_text else []
    if bound.errors:
        described.append(bound.id_for_label + "_error")
    attributes: dict[str, str | bool] = {
        "class": f"{widget.attrs.get('class', '')} {css}".strip()
    }
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attributes),
        "checkbox": checkbox,
        "hint": hint or bound.help_text,
    }
