"""The page of rules, and the form of one. Members look; admins and owners change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from alerts.models import Rule
from alerts.models.issue import OF_THE_INSTANCE
from alerts.models.rule import RuleQuerySet
from alerts.pages import rule_actions
from alerts.pages.issue_filters import AGENTS_IN_MENU
from alerts.pages.rule_forms import RuleForm, initial_of
from alerts.pages.watched import is_told_of_the_instance
from alerts.texts.rule_sentences import sentence_of
from conversations.models import Agent

SAME_SCOPE = "There is a rule for this already: change that one."
TOO_MANY = f"An organization has up to {rule_actions.MAX_RULES:,} rules."


@require_GET
@organization_view()
def rule_list(request: OrganizationRequest) -> HttpResponse:
    """Show the rules in words; for an admin, with the form that adds one."""
    return _render_list(request, make_form(request))


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def add_rule(request: OrganizationRequest) -> HttpResponse:
    if request.method == "GET":  # the address bar, after a form was sent
        return to_list(request)
    form = make_form(request, request.POST)
    if form.is_valid():
        try:
            rule_actions.add_rule(
                organization=request.organization, by=request.user, **form.cleaned_data
            )
        except rule_actions.SameScope:
            form.add_error(None, SAME_SCOPE)
        except rule_actions.TooMany:
            form.add_error(None, TOO_MANY)
        else:
            return to_list(request)
    return _render_list(request, form)


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def rule_detail(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    """Show the form of one rule, and take it."""
    rule = find(request, rule_id)
    if request.method == "POST":
        form = make_form(request, request.POST, rule)
        if form.is_valid():
            try:
                rule_actions.change_rule(
                    rule=rule, by=request.user, **form.cleaned_data
                )
            except rule_actions.SameScope:
                form.add_error(None, SAME_SCOPE)
                rule.refresh_from_db()
            else:
                return to_list(request)
    else:
        form = make_form(request, None, rule)
    context = {"rule": rule, "form": form, "sentence": said(request, rule)}
    return render(request, "alerts/rules/detail.html", context)


@require_POST
@organization_view(Role.ADMIN)
def remove_rule(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    rule = find(request, rule_id)
    rule_actions.remove_rule(rule=rule, by=request.user)
    messages.success(request, "The rule is removed.")
    return to_list(request)


def _render_list(request: OrganizationRequest, form: RuleForm) -> HttpResponse:
    rules = (
        visible(request).select_related("agent").order_by("kind", "agent__name", "pk")
    )
    context = {
        "rules": [(rule, said(request, rule)) for rule in rules],
        "form": form,
        "is_form_open": form.is_bound or "agent" in form.initial,
    }
    return render(request, "alerts/rules/list.html", context)


def visible(request: OrganizationRequest) -> RuleQuerySet:
    """Return the rules that the reader may see."""
    rules = Rule.objects.in_organization(request.organization)
    if is_told_of_the_instance(request.membership):
        return rules
    return rules.exclude(kind__in=OF_THE_INSTANCE)


def find(request: OrganizationRequest, rule_id: int) -> Rule:
    """Return a rule of the organization.

    Raises:
        Http404: it has no such rule.
    """
    return get_object_or_404(
        visible(request).select_related("agent", "organization"), pk=rule_id
    )


def said(request: OrganizationRequest, rule: Rule) -> str:
    """Return a rule in words."""
    rule.organization = request.organization
    return sentence_of(rule, timezone.now(), request.organization.zone)


def make_form(
    request: OrganizationRequest, sent: Any = None, rule: Rule | None = None
) -> RuleForm:
    """Return the form of a rule, or of a new one for the agent in the address.

    sent: what was posted, if anything.
    """
    own = Agent.objects.in_organization(request.organization).not_merged()
    menu = list(own.in_service_first()[:AGENTS_IN_MENU])
    named = rule.agent_id if rule else agent_in(request)
    if named and all(one.pk != named for one in menu):
        menu += own.filter(pk=named)
    initial = initial_of(rule) if rule else {}
    if named and not rule and any(one.pk == named for one in menu):
        initial["agent"] = named
    return RuleForm(
        sent,
        initial=initial,
        membership=request.membership,
        agents=menu,
        auto_id="rule-%s",
    )


def agent_in(request: OrganizationRequest) -> UUID | None:
    """Return the agent that the address names; None where it is no id."""
    try:
        return UUID(request.POST.get("agent") or request.GET.get("agent", ""))
    except ValueError:
        return None


def to_list(request: OrganizationRequest) -> HttpResponse:
    """Lead to the page of rules."""
    return redirect("alerts:rules", request.organization.slug)
