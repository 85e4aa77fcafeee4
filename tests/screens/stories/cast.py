"""Who looks: an employee, a manager on a telephone, and those who look after Miro."""

from tests.screens.picture import Viewer

WIDE, NARROW = 920, 390

ALEX = Viewer("U0ALEX", "employee", WIDE)
PRIYA = Viewer("U0PRIYA", "manager, on a screen 390 pixels wide", NARROW)
DANA = Viewer("U0DANA", "colleague who may ask for others", WIDE)
LENA = Viewer("U0LENA", "HR", WIDE)
CAROL = Viewer("U0CAROL", "operator", WIDE)
SAM = Viewer("U0SAM", "operator", WIDE)
JO = Viewer("U0JO", "employee", WIDE)
