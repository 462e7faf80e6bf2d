"""The pages of accounts: signing up, invitations, members, the profile, the
organization.
"""
