"""The demo shop's people. The first customers have the accounts; their order is the order of their ids."""

from __future__ import annotations

from typing import NamedTuple

from shop.common.roles import Role

PASSWORD = "password123"  # noqa: S105 - the README tells it; the data are invented

#: Ids of the accounts that write things down; the order of ACCOUNTS.
OWNER, DESK, MECHANIC = 1, 2, 3

#: From so many vehicles on it is a firm with vans.
FLEET = 4


class DemoAccount(NamedTuple):
    """``customer`` and ``mechanic`` are the ids of what the account is linked to."""

    email: str
    name: str
    role: Role
    customer: int | None = None
    mechanic: int | None = None


class DemoCustomer(NamedTuple):
    """``vehicles`` says how many; an e-mail address of None means that there is none on file."""

    name: str
    email: str | None
    phone: str | None
    vehicles: int = 1
    notes: str = ""


ACCOUNTS = (
    DemoAccount("test@example.com", "Alex Moreno", Role.OWNER, customer=1),
    DemoAccount("desk@example.com", "Dana Reyes", Role.DESK),
    DemoAccount("mechanic@example.com", "Mia Korhonen", Role.MECHANIC, mechanic=1),
    DemoAccount("customer@example.com", "Joy Okafor", Role.CUSTOMER, customer=2),
    DemoAccount("other@example.com", "Tomás Herrera", Role.CUSTOMER, customer=3),
)

MECHANICS = (
    ("Mia Korhonen", "mia@cornergarage.example"),
    ("Rui Tavares", "rui@cornergarage.example"),
    ("Maximiliane von Hohenstein-Oberwittelsbach", "maxi@cornergarage.example"),
    ("Jo Park", "jo@cornergarage.example"),
    ("Samuel Adeyemi", "samuel@cornergarage.example"),
    ("Kateřina Dvořáková", None),
)

CUSTOMERS = tuple(
    DemoCustomer(*row)
    for row in (
        ("Alex Moreno", "test@example.com", "+1 415 555 0110", 2, "Owner. The Beetle is nobody's rush."),
        ("Joy Okafor", "customer@example.com", "+1 415 555 0142", 2, "Text before calling, she teaches until 3."),
        ("Tomás Herrera", "other@example.com", "+1 415 555 0177", 2),
        ("Sunrise Bakery Delivery", "fleet@sunrise-bakery.example", "+1 510 555 0160", 6, "Vans must be back by 4 am."),
        ("Margaret Hollis", "m.hollis@mail.example", "+1 415 555 0118", 1, "Prefers a printed estimate."),
        ("Nguyễn Thị Minh Anh", "minhanh@mail.example", "+1 408 555 0133", 2),
        ("Siobhán O'Dálaigh-Küßnacht", "siobhan@mail.example", "+1 415 555 0121", 1),
        ("Friedrich-Wilhelm Schallenberger-Oberndörfer", "fw.schallenberger@post.example", "+49 40 555 0171", 2),
        ("Annukka Kärkkäinen-Vääräniemi", "annukka@posti.example", "+358 40 555 0184", 1),
        ("Darnell Washington", "darnell.w@mail.example", "+1 510 555 0102", 2),
        ("Priya Raghunathan", "priya.r@mail.example", "+1 650 555 0196", 1),
        ("Wei Zhang", "wei.zhang@mail.example", "+1 408 555 0107", 3),
        ("Oluwaseun Adebayo", None, "+1 510 555 0148", 1),
        ("Harborview Property Management", "facilities@harborview.example", "+1 415 555 0190", 6, "Invoice by e-mail."),
        ("Elena Petrova", "elena.p@mail.example", "+1 415 555 0155", 1),
        ("Yusuf Demir", "yusuf@mail.example", "+1 650 555 0129", 1),
        ("Camille Lefèvre", "camille.lefevre@courriel.example", "+1 415 555 0164", 1),
        ("Bjørn Østergård", "bjorn@mail.example", "+1 707 555 0113", 2),
        ("Grace Kim", "grace.kim@mail.example", "+1 408 555 0181", 1),
        ("Hank Dombrowski", None, "+1 510 555 0126", 3, "Pays cash. Loves that truck more than most people."),
        ("Aaliyah Robinson", "aaliyah@mail.example", "+1 510 555 0136", 1),
        ("Luca De Santis", "luca@posta.example", "+1 415 555 0103", 1),
        ("Rosa María Villanueva", "rosam@correo.example", "+1 415 555 0174", 2),
        ("Ian MacAllister", "ian.mac@mail.example", "+1 707 555 0158", 1),
        ("Fatima Al-Masri", "fatima@mail.example", "+1 650 555 0111", 1),
        ("Józef Wiśniewski", "jozef@poczta.example", "+1 415 555 0139", 1),
        ("Keola Kahananui", None, "+1 808 555 0152", 1),
        ("Beatriz Figueiredo", "bia@correio.example", "+1 415 555 0187", 1),
        ("Tuomas Hyvärinen", "tuomas@posti.example", "+358 50 555 0125", 1),
        ("Linda Bergström", "linda.b@mail.example", "+1 650 555 0168", 3),
        ("Chen Mei-Ling", "meiling@mail.example", "+1 408 555 0119", 1),
        ("Robert “Bob” Tanaka", "bob.tanaka@mail.example", "+1 415 555 0145", 2),
        ("Ayesha Siddiqui", "ayesha@mail.example", "+1 510 555 0162", 1),
        ("Marcus Delacroix", "marcus.d@mail.example", "+1 415 555 0106", 1),
        ("Hollis & Daughters Plumbing", "office@hollisplumbing.example", "+1 415 555 0193", 4),
        ("Ioana Popescu", "ioana@mail.example", "+1 650 555 0130", 1),
        ("Deshawn Carter", None, "+1 510 555 0115", 1),
        ("Annegret Müller-Lüdenscheidt", "annegret@post.example", "+49 89 555 0149", 1),
        ("Sofía Castellanos", "sofia.c@correo.example", "+1 415 555 0172", 1),
        ("Patrick Nwosu", "patrick@mail.example", "+1 510 555 0183", 1),
        ("Emily Thornton", "emily.thornton@mail.example", "+1 707 555 0127", 2),
        ("Haruto Yamamoto", "haruto@mail.example", "+1 408 555 0151", 1),
        ("Zsófia Nagy", "zsofia@mail.example", "+1 415 555 0104", 1),
        ("Leilani Fonoti", "leilani@mail.example", "+1 650 555 0175", 1),
        ("Gunnar Þorsteinsson", "gunnar@mail.example", "+1 415 555 0138", 1),
        ("Amara Diallo", "amara.d@mail.example", None, 1),
        ("Vikram Chaudhary", "vikram@mail.example", "+1 408 555 0189", 2),
        ("Nora Lindqvist", "nora@mail.example", "+1 650 555 0116", 1),
        ("Jesús Ángel Ibáñez", "jesus.i@correo.example", "+1 415 555 0167", 1),
        ("Tamara Jovanović", "tamara@mail.example", "+1 415 555 0122", 1),
        ("Will Begay", None, "+1 928 555 0141", 1, "Comes from two hours away; call before he leaves."),
        ("Hyejin Lee", "hyejin@mail.example", "+1 408 555 0157", 1),
        ("Dimitrios Papadopoulos", "dimitri@mail.example", "+1 415 555 0109", 1),
        ("Claire Beaumont", "claire.b@courriel.example", "+1 650 555 0185", 1),
        ("Abdullahi Warsame", "abdullahi@mail.example", "+1 510 555 0132", 1),
        ("Ruth Goldberg", "ruth.goldberg@mail.example", "+1 415 555 0178", 1, "Hard of hearing: write, do not call."),
        ("Mateusz Zieliński", "mateusz@poczta.example", "+1 415 555 0143", 1),
        ("Kaitlyn Brooks", "kaitlyn@mail.example", "+1 707 555 0161", 1),
        ("Pekka Ylä-Kotola", "pekka@posti.example", "+358 44 555 0199", 1),
        ("Isabella Romano", "isabella.r@posta.example", "+1 415 555 0135", 1),
    )
)
