"""What people look at: reports, the page of a build, the summary for CI.

It uses `project`, `pipeline` and `checks`, and gets tasks as plain data.
"""
