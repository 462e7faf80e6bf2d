"""The tables of accounts: users, organizations, memberships, invitations, keys, audit
entries, mails that wait.
"""

from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditAction, AuditEntry, AuditEntryQuerySet
from accounts.models.claim import Claim
from accounts.models.invitation import Invitation, InvitationQuerySet
from accounts.models.leased_job import LeasedJob
from accounts.models.organization import Membership, Organization, Role
from accounts.models.user import User
from accounts.models.waiting_mail import WaitingMail

__all__ = [
    "ApiKey",
    "AuditAction",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Claim",
    "Invitation",
    "InvitationQuerySet",
    "LeasedJob",
    "Membership",
    "Organization",
    "Role",
    "User",
    "WaitingMail",
]
