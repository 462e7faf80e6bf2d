from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from web.templatetags.moments import relative

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 min ago"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(minutes=59, seconds=50), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 d ago"),
        (timedelta(days=6, hours=23), "6 d ago"),
        (timedelta(days=7), "15 Nov"),
        (timedelta(days=400), "18 Oct 2025"),
        (timedelta(minutes=-5), "in 5 min"),
    ],
)
def test_a_moment_reads_relative_until_a_date_says_more(age, text):
    assert relative(NOW - age, NOW, UTC) == text


def test_a_date_is_that_of_the_reader():
    late = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    assert relative(late, NOW, ZoneInfo("Europe/Berlin")) == "2 Nov"


def render(text, **context):
    template = Template("{% load moments %}" + text)
    return template.render(Context(context))


def test_the_exact_moment_is_in_the_title_and_for_machines():
    berlin = SimpleNamespace(zone=ZoneInfo("Europe/Berlin"))
    html = render("{% when value %}", value=NOW, organization=berlin)
    assert 'datetime="2026-11-22T12:00:00.000+00:00"' in html
    assert 'title="22 Nov 2026, 13:00:00 CET"' in html
    assert "data-when" in html


def test_no_moment_is_a_dash_or_the_word_given():
    assert render("{% when value %}", value=None) == "—"
    assert render("{% when value 'Never' %}", value=None) == "Never"
    assert render("{% moment value %}", value=None) == "—"


def test_without_an_organization_times_are_utc():
    assert "22 Nov 2026, 12:00:00 UTC" in render("{% moment value %}", value=NOW)


def test_a_label_stands_before_the_exact_time():
    html = render("{% when value label='Arrived' %}", value=timezone.now())
    assert 'title="Arrived ' in html
