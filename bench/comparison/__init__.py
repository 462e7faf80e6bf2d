"""What Zelto is compared with: a bare view, and an endpoint that does everything at
once.
"""
