"""Everything that changes accounts: one function a change, which names who makes it."""

from accounts.actions.api_keys import (
    KeyIsOver,
    change_key_expiry,
    create_key,
    rename_key,
    revoke_key,
    roll_key,
    touch_keys,
)
from accounts.actions.invitations import (
    AlreadyMember,
    InvitationOfAnother,
    InvitationVoid,
    Invited,
    InvitedAbove,
    invite,
    revoke_invitation,
)
from accounts.actions.members import LastOwner, change_role, remove_member
from accounts.actions.organizations import change_organization
from accounts.actions.people import (
    change_own_email,
    change_own_name,
    note_password_set,
)
from accounts.actions.provision import Provisioned, provision
from accounts.actions.sign_up import (
    EmailTaken,
    NotOpen,
    accept_invitation,
    sign_up_first_owner,
    sign_up_invited,
    sign_up_openly,
)

__all__ = [
    "AlreadyMember",
    "EmailTaken",
    "InvitationOfAnother",
    "InvitationVoid",
    "Invited",
    "InvitedAbove",
    "KeyIsOver",
    "LastOwner",
    "NotOpen",
    "Provisioned",
    "accept_invitation",
    "change_key_expiry",
    "change_organization",
    "change_own_email",
    "change_own_name",
    "change_role",
    "create_key",
    "invite",
    "note_password_set",
    "provision",
    "remove_member",
    "rename_key",
    "revoke_invitation",
    "revoke_key",
    "roll_key",
    "sign_up_first_owner",
    "sign_up_invited",
    "sign_up_openly",
    "touch_keys",
]
