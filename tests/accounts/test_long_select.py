"""The list of time zones, which is written without a template for each option."""

from __future__ import annotations

import pytest
from django import forms
from django.test.html import parse_html

from accounts.forms import LongSelect, TimeZoneField

CHOICES = [("", "None"), ("a&b", 'A "quoted" <b>'), ("c", "Both"), ("d", "Other")]


@pytest.mark.parametrize("value", ["", "a&b", "c", "not there", None])
def test_it_is_what_django_makes_of_it(value: str | None) -> None:
    attributes = {"id": "id_zone", "required": True, "aria-describedby": "x&y"}
    ours, djangos = (
        kind(attrs={"class": "wide"}, choices=CHOICES).render("zone", value, attributes)
        for kind in (LongSelect, forms.Select)
    )
    assert parse_html(ours) == parse_html(djangos)


def test_a_form_shows_the_zone_that_is_chosen() -> None:
    class Form(forms.Form):
        zone = TimeZoneField()

    html = str(Form({"zone": "Europe/Berlin"})["zone"])
    assert '<option value="Europe/Berlin" selected>Europe/Berlin</option>' in html
    assert html.count(" selected") == 1
    assert html.count("<option ") > 400
