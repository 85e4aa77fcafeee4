"""What every test has in common: generated examples are the same in each run, so that what fails fails again.

`--hypothesis-profile=default` looks for others.
"""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")
