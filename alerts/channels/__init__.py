"""How each kind of channel is asked to tell something.

`registry` has the kinds; each is a module that declares its fields, checks what a form has,
and sends a `Notice`.
"""
