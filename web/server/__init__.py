"""What stands between the web server and Django: no client holds a thread by being slow.

The event loop of a process takes a body in before a thread sees the request
(`request_body`), hands out the threads in turns (`turns`) and writes answers as slowly
as their readers read (`answers`). `limits` has every number, and `application` is what
the server calls.
"""
