"""The tables of accounts: users, organizations, memberships, invitations, keys, audit
entries.
"""

from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditAction, AuditEntry, AuditEntryQuerySet
from accounts.models.claim import Claim
from accounts.models.invitation import Invitation, InvitationQuerySet
from accounts.models.organization import Membership, Organization, Role
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "AuditAction",
    "AuditEntry",
    "AuditEntryQuerySet",
    "Claim",
    "Invitation",
    "InvitationQuerySet",
    "Membership",
    "Organization",
    "Role",
    "User",
]
