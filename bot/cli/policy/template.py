"""The policy that `miro-bot policy init` writes: every line explained, every name a placeholder."""

TEMPLATE = """\
# Who can request what in Miro, and who approves. miro-bot reads this file at start and whenever it
# changes. If a changed file has a mistake, the old policy stays in force and operators hear of it.
# Replace every REPLACE-ME. Write people as an e-mail address or Slack id (U0123ABCD).

# They handle stopped requests and the bot itself.
operators = ["it-REPLACE-ME@example.com"]
# People with addresses in other domains can be offboarded; everything else is refused.
domains = ["REPLACE-ME.example"]
# Post one card in this channel instead of a message to each approver: its id ("C0123ABCD", at the end of its
# details in Slack), not its name. Invite the bot first.
# Approvers outside the channel still get a message. Offboardings are never posted there.
tell = ""
# Who decides when nobody else can: the approvers left, are excluded, or can't be reached.
fallback = []
# Your time zone, like "Europe/Berlin", your working hours, and your days off. Days off don't count toward
# reminders, escalation and expiry. A reminder outside working hours waits for the next opening; a request
# that would expire outside them stays open until the next closing.
zone = "REPLACE-ME"
hours = "09:00-18:00"
rests = ["Sat", "Sun"]
# Where to find managers that aren't listed in [managers]: first a Slack profile field that people can't
# edit themselves (its label or id), then Miro's own manager attribute.
manager_field = ""
manager_from_miro = false
# Months after which reasons, comments and what approvers read are removed from requests that ended; 0: never.
# Who asked for what, who decided and what was done stay.
keep_texts_months = 0
# Whether operators get a card each day if Miro differs from the record. Otherwise run: miro-bot compare
compare_daily = false
# Whether approve, deny, resume and hand-over work in a shell on the bot's machine, and withdraw, postpone and
# end for operators. Such decisions are marked. One's own can always be withdrawn, postponed or ended there.
command_line_decides = false

# Everywhere below, name a team by the name people know, its security name, or its id in Miro.
# Teams managed by an identity provider: requests are refused with "Sales is managed elsewhere: use …".
[managed_elsewhere]
# "Sales" = "the Okta tile 'Miro Sales', or ask in #it-help"

# The name people know = the name of the security group, where they differ.
[teams]
# "Engineering" = "g_app_proeng_all"

# Who manages whom: the meaning of "manager" below.
[managers]
# "ada@example.com" = "priya@example.com"

# A second Slack account or address of a person = the address we know that person by. This keeps people
# from approving their own requests under another name.
[same_person]
# "ada.two@example.com" = "ada@example.com"
# "U0123ABCD" = "ada@example.com"

# Someone who got an address that another person had before. Without this line, neither can approve the
# other's requests. Operators can record the same: miro-bot people split.
[different_person]
# "jo@example.com" = ["jo.park@example.com", "U0456EFGH"]

# Who owns a team: the meaning of "owners" below. For several teams, only owners of all of them count.
[owners]
# "Design" = ["lena@example.com", "@design-leads"]

# People who decide together: by name, or as a Slack user group. `because` completes "You're asked
# because …". `told` lists who gets a message, if not everyone.
[groups.it]
people = ["it-REPLACE-ME@example.com", "second-REPLACE-ME@example.com"]
because = "you look after Miro"
# [groups.designers]
# slack = "@designers"
# told = ["lena@example.com"]

# A directory (identity provider) that pushes people and groups to the bot, or a source of lists. `title`
# is its name for people. Its groups: `account` has everybody with an account, `teams` names the team of a
# group, `admins` has the Company Admins; `attributes` are kept in step. `deactivated` and `deleted` say
# what that means ("deactivate", or "delete" after `cooling_off`). `unattended` changes are done right
# away; all others are decided by `approvers`, or by a rule of their own in `rules`. If one kind of change
# would concern more than `hold_above` people within an hour, operators get a card first. Its
# `administrators` decide nothing of it. `owner` is named with what was denied or has failed.
# `asked_in_slack`: who decides if people ask for its teams in Slack; without it they read which group to
# ask for.
# [directory.okta]
# title = "Okta"
# account = "miroUsers"
# teams = { "g_app_proeng_all" = "Engineering" }
# admins = "miroAdmins"
# attributes = ["name", "email", "department"]
# deactivated = "deactivate"
# deleted = "delete"
# cooling_off = "30d"
# unattended = ["access", "leave", "details", "deactivate"]
# approvers = ["it"]
# rules = { admins = { approvers = ["it"], agree = 2 } }
# hold_above = 50
# administrators = ["okta-admin@example.com"]
# owner = ["it"]
# asked_in_slack = []

# Attributes to set on new accounts besides the name. `default` applies to everyone not listed.
# [accounts.default]
# organization = "Example Ltd"
# division = "Products"
# [accounts."ada@example.com"]
# department = "Research"
# cost_centre = "CC-7"
# employee_number = "4711"
# manager = "Priya Rao"

# Per action: `ask` is who can request it for themselves, `for_others` who can request it for someone else
# ("anyone", "manager" of that person, a group, people, "@user-group"); `approvers` is who decides ("manager"
# of the person it's for, "requester-manager", "owners", groups, people, "@user-group"); `agree` is how many
# of them must approve; `expires` is when an unanswered request ends (m, h, d). `remind`: the first reminder
# comes after this time, and each gap is twice the last ("never" for none; a third of `expires` by default).
# `escalate`: who can decide too after this time. The requester and the person it's for never decide.
# For request-access and make-admin: `longest` ("90d") requires an end date, at most that far away; what was
# given ends then. `proposed` ("30d") is the end date that the form proposes.
# For offboard: `delete_after` ("30d") proposes when an account that was deactivated is deleted.
# Nobody can request an action that has no table here.
# Several steps, one after another, instead of `approvers` (each person counts once, unless
# same_person_twice = true):
#   steps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]
# Rules for some requests: the first whose conditions all match applies on top of the action's table.
#   [[actions.request-access.rules]]
#   when = { team = ["Design"], requester_group = "@designers" }
#   approval = false
#   [[actions.make-admin.rules]]
#   when = { rights = ["Company Admin"], for = "others" }
#   steps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]
#   escalate = { after = "4h", to = ["it"] }
[actions.request-access]
ask = ["anyone"]
for_others = ["manager", "it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.move-team]
ask = ["anyone"]
for_others = ["manager", "it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.leave-team]
ask = ["anyone"]
for_others = ["manager", "it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.make-admin]
for_others = ["manager", "it"]
approvers = ["it"]
expires = "1d"

[actions.remove-admin]
for_others = ["manager", "it"]
approvers = ["it"]
expires = "1d"

[actions.offboard]
for_others = ["manager", "it"]
approvers = ["manager", "it"]
expires = "1d"

[actions.reactivate]
for_others = ["manager", "it"]
approvers = ["manager", "it"]
expires = "3d"

[actions.update-details]
for_others = ["manager", "it"]
approvers = ["it"]
expires = "3d"

[actions.change-license]
ask = ["anyone"]
for_others = ["manager", "it"]
approvers = ["it"]
expires = "3d"

[actions.rename-group]
ask = ["it"]
approvers = ["it"]
expires = "3d"

# Where SCIM groups are user groups; teams are created and deleted in Miro itself.
[actions.create-group]
ask = ["it"]
approvers = ["it"]
expires = "3d"

[actions.delete-group]
ask = ["it"]
approvers = ["it"]
expires = "3d"
"""
