import pytest

from accounts.models import Organization
from accounts.slugs import unused_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Voice", "acme-voice"),
        ("Ada & Söhne", "ada-sohne"),
        ("日本電話", "team"),
        ("...", "team"),
        ("Admin", "admin-2"),
        ("x" * 255, "x" * 63),
    ],
)
@pytest.mark.django_db
def test_it_is_made_of_the_name(name, slug):
    assert unused_slug(name) == slug


@pytest.mark.django_db
def test_it_numbers_what_is_taken():
    for expected in ("acme", "acme-2", "acme-3"):
        slug = unused_slug("Acme")
        assert slug == expected
        Organization.objects.create(name="Acme", slug=slug)


@pytest.mark.django_db
def test_it_stays_within_its_length():
    Organization.objects.create(name="x", slug="x" * 63)
    slug = unused_slug("x" * 255)
    assert slug == "x" * 61 + "-2"
