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
# Whoever decides and isn't in it gets a message all the same. Offboardings are never posted there.
tell = ""
# Who decides what nobody else can: approvers who left, are barred, or can't be reached.
fallback = []
# Days of rest, by the clock of this zone: they don't count in the times of reminders, escalation and expiry.
zone = "UTC"
rests = ["Sat", "Sun"]
# Where managers that [managers] below doesn't name are looked for: in a field of the Slack profile that
# people can't edit themselves (its label or id), then in Miro's own attribute.
manager_field = ""
manager_from_miro = false
# Whether approve, deny and resume may be typed in a shell on the bot's machine. They are marked as such.
command_line_decides = false

# Everywhere below a team may be called by the name people know, by its security name, or by its id in Miro.
# Teams an identity provider manages: refused, with where to ask instead.
[managed_elsewhere]
# "Sales" = "Okta tile 'Miro Sales', or #it-help"

# The name people know = the name of the security group, where they differ.
[teams]
# "Engineering" = "g_app_proeng_all"

# Who manages whom: what "manager" below means.
[managers]
# "ada@example.com" = "priya@example.com"

# A second Slack account, or another address, of one person = the address that person is known by here. So
# nobody decides their own request under another name.
[same_person]
# "ada.two@example.com" = "ada@example.com"
# "U0123ABCD" = "ada@example.com"

# Who has an address that somebody else had before is a different person: else neither decides what the other
# asks for. An operator can record the same: miro-bot people split.
[different_person]
# "jo@example.com" = ["jo.park@example.com", "U0456EFGH"]

# Who owns a team: what "owners" below means. Of several teams, whoever owns all of them.
[owners]
# "Design" = ["lena@example.com", "@design-leads"]

# People who decide together: by name, and as a Slack user group. `because` completes "You're asked
# because …". `told`: who of them gets a message, if not all.
[groups.it]
people = ["it-REPLACE-ME@example.com", "second-REPLACE-ME@example.com"]
because = "you look after Miro"
# [groups.designers]
# slack = "@designers"
# told = ["lena@example.com"]

# What a new account is given beside its name. `default` stands for everybody not named.
[accounts.default]
# organization = "Example Ltd"
# [accounts."ada@example.com"]
# department = "Research"
# cost_centre = "CC-7"

# Per action: `ask` says who may ask for themselves, `for_others` who may ask for somebody else ("anyone", a
# group, people, "@user-group"); `approvers` who decides ("manager" of the person concerned,
# "requester-manager", "owners", groups, people, "@user-group"); `agree` how many of them must say yes;
# `expires` when an unanswered request ends (m, h, d). `remind`: after how long they are reminded, each gap
# twice the last ("never"; a third of the time if nothing is written). `escalate`: who may decide as well
# after so long. The requester and the person concerned never decide. An action without a table here can't
# be asked for by anybody.
# Several steps, one after the other, instead of `approvers` (one person counts once, unless
# same_person_twice = true):
#   steps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]
# Rules for some asks: the first whose conditions all match, on top of the action's own table.
#   [[actions.request-access.rules]]
#   when = { team = ["Design"], requester_group = "@designers" }
#   approval = false
#   [[actions.make-admin.rules]]
#   when = { rights = ["Company Admin"], for = "others" }
#   steps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]
#   escalate = { after = "4h", to = ["it"] }
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

[actions.leave-team]
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
