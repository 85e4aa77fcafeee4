"""The policy that `miro-bot policy init` writes: every line explained, every name a placeholder."""

TEMPLATE = """\
# Who may ask for what in Miro, and who decides. miro-bot reads this file when it starts and whenever
# it changes; a file with a mistake is refused with line and remedy, and the old one stays in force.
# Replace every REPLACE-ME. People are written as e-mail address or Slack id (U0123ABCD).

# They look after stopped requests and the bot itself.
operators = ["it-REPLACE-ME@example.com"]
# Addresses of other domains are refused.
domains = ["REPLACE-ME.example"]
# One card in this channel instead of a message to each approver ("C0123ABCD"). Invite the bot to it first.
# Offboardings are never posted there.
tell = ""
# Whether approve, deny and resume may be typed in a shell on the bot's machine. They are marked as such.
command_line_decides = false

# Teams an identity provider manages: refused, with where to ask instead.
[managed_elsewhere]
# "Sales" = "Okta tile 'Miro Sales', or #it-help"

# The name people know = the name of the security group, where they differ.
[teams]
# "Engineering" = "g_app_proeng_all"

# Who manages whom: what "manager" below means.
[managers]
# "ada@example.com" = "priya@example.com"

# People who decide together. `because` completes "You're asked because …".
[groups.it]
people = ["it-REPLACE-ME@example.com"]
because = "you look after Miro"

# What a new account is given beside its name. `default` stands for everybody not named.
[accounts.default]
# organization = "Example Ltd"
# [accounts."ada@example.com"]
# department = "Research"
# cost_centre = "CC-7"

# Per action: `ask` says who may ask for themselves, `for_others` who may ask for somebody else ("anyone", a
# group, people); `approvers` who decides ("manager", groups, people); `agree` how many of them must say yes;
# `expires` when an unanswered request ends (m, h, d). The requester and the person concerned never decide.
# An action without a table here can't be asked for by anybody.
[actions.request-access]
ask = ["anyone"]
for_others = ["it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.move-team]
ask = ["anyone"]
for_others = ["it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.make-admin]
for_others = ["it"]
approvers = ["it"]
expires = "1d"

[actions.remove-admin]
for_others = ["it"]
approvers = ["it"]
expires = "1d"

[actions.offboard]
for_others = ["it"]
approvers = ["manager", "it"]
expires = "1d"

[actions.reactivate]
ask = ["it"]
for_others = ["it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.rename-group]
ask = ["it"]
approvers = ["it"]
expires = "3d"
"""
