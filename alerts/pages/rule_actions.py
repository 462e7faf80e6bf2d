"""What people do with rules, each with its entry in the audit log."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, Organization, User
from alerts.models import Rule
from alerts.texts.rule_sentences import sentence_of

MAX_RULES = 1000


class SameScope(Exception):
    """There is a rule for this kind and agent already."""


class TooMany(Exception):
    """There are as many as there may be."""


def add_rule(*, organization: Organization, by: User, **values: Any) -> Rule:
    """Make a rule.

    values: of its columns, by their names.

    Raises:
        SameScope: there is one for this kind and agent.
        TooMany: the organization has `MAX_RULES`.
    """
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if Rule.objects.in_organization(organization).count() >= MAX_RULES:
            raise TooMany
        rule = Rule(organization=organization)
        return _save(rule, by, values)


def change_rule(*, rule: Rule, by: User, **values: Any) -> Rule:
    """Change a rule; the same values change nothing.

    Raises:
        SameScope: there is another one for this kind and agent.
    """
    with transaction.atomic():
        Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        if all(getattr(rule, name) == value for name, value in values.items()):
            return rule
        return _save(rule, by, values)


def _save(rule: Rule, by: User, values: dict[str, Any]) -> Rule:
    for name, value in values.items():
        setattr(rule, name, value)
    rule.updated_at = timezone.now()
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise SameScope from None
    _note(AuditAction.ALERT_RULE_CHANGED, rule, by)
    return rule


def remove_rule(*, rule: Rule, by: User) -> None:
    """Take a rule away; what is less special counts again."""
    with transaction.atomic():
        said = Rule.objects.filter(pk=rule.pk).delete()[0]
        if said:
            _note(AuditAction.ALERT_RULE_REMOVED, rule, by)


def _note(action: AuditAction, rule: Rule, by: User) -> None:
    zone = rule.organization.zone
    record(
        organization=rule.organization,
        by=by,
        action=action,
        subject=sentence_of(rule, timezone.now(), zone),
    )
