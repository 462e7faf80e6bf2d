"""One module for each command of `manage.py`: `first_owner_link`, `prepare` and
`provision`.
"""
