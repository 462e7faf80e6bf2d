"""What people do to accounts: every write, as a verb with its actor."""

from accounts.actions.api_keys import create_key, rename_key, revoke_key, touch_keys

__all__ = ["create_key", "rename_key", "revoke_key", "touch_keys"]
