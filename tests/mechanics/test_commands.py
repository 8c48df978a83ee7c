"""What the owner does with the roster, called directly."""

from __future__ import annotations

import pytest

from shop.accounts.models import Account
from shop.audit.queries import timeline
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.extensions import db
from shop.mechanics import commands, queries
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import MechanicFilter, Sort
from tests.cast import Cast
from tests.factories import make_mechanic


@pytest.fixture
def by(context: None, cast: Cast) -> Account:
    return cast.account("owner")


def test_add_works_and_leaves_an_event(by: Account) -> None:
    mechanic = commands.add_mechanic(name="Mia Korhonen", email="mia@example.net", by=by)
    assert (mechanic.name_key, mechanic.email_key) == ("mia korhonen", "mia@example.net")
    assert [entry.sentence for entry in timeline(mechanic)] == ["added the mechanic"]


def test_an_address_is_unique_and_names_may_repeat(by: Account) -> None:
    commands.add_mechanic(name="Mia", email="mia@example.net", by=by)
    with pytest.raises(RuleBroken, match="Mia has this e-mail address") as refused:
        commands.add_mechanic(name="Mia", email="MIA@example.NET", by=by)
    assert refused.value.field == "email"
    assert commands.add_mechanic(name="Mia", by=by).email is None


def test_edit_replaces_what_is_given(by: Account) -> None:
    mechanic = make_mechanic(name="Mia", email="mia@example.net")
    commands.edit_mechanic(mechanic, name="Mia Korhonen", email=None, by=by, version=1)
    assert (mechanic.name, mechanic.email, mechanic.email_key, mechanic.version) == ("Mia Korhonen", None, None, 2)
    commands.edit_mechanic(mechanic, name="Mia Korhonen", by=by)
    assert mechanic.version == 2


def test_edit_of_an_older_version_is_refused(by: Account) -> None:
    mechanic = make_mechanic()
    commands.edit_mechanic(mechanic, name="First", by=by, version=1)
    with pytest.raises(StaleEdit):
        commands.edit_mechanic(mechanic, name="Second", by=by, version=1)


def test_archive_frees_the_address_and_restore_takes_it_back(by: Account) -> None:
    mechanic = make_mechanic(name="Mia", email="mia@example.net")
    commands.archive_mechanic(commands.archive_mechanic(mechanic, by=by), by=by)
    with pytest.raises(Conflict):
        commands.edit_mechanic(mechanic, name="Other", by=by)
    successor = commands.add_mechanic(name="Mia the second", email="mia@example.net", by=by)
    with pytest.raises(RuleBroken, match="Mia the second"):
        commands.restore_mechanic(mechanic, by=by)
    commands.archive_mechanic(successor, by=by)
    commands.restore_mechanic(mechanic, by=by)
    assert [entry.sentence for entry in timeline(mechanic)] == ["brought the mechanic back", "archived the mechanic"]


def test_roster_and_filter(by: Account) -> None:
    mia, rui = make_mechanic(name="Mia Korhonen"), make_mechanic(name="Rui Tavares", email="rt@example.net")
    gone = commands.archive_mechanic(make_mechanic(name="Zoë Gone"), by=by)
    assert [row.id for row in queries.roster()] == [mia.id, rui.id]
    assert [row.id for row in queries.roster(has_left=True)] == [gone.id]
    newest = MechanicFilter(sort=Sort.NEWEST)
    assert [row.id for row in queries.page_of(newest, number=1, size=10)] == [rui.id, mia.id]
    for q, found in (("kor", [mia]), ("rt@", [rui]), ("orhonen", []), ("%", [])):
        assert [row.id for row in queries.listed(MechanicFilter(q=q)).items] == [mechanic.id for mechanic in found]
        assert queries.how_many(MechanicFilter(q=q)) == len(found)


@pytest.mark.parametrize(("who", "sees"), [("owner", True), ("desk", True), ("mechanic", True), ("customer", False)])
def test_staff_see_the_roster(context: None, cast: Cast, who: str, sees: bool) -> None:
    mechanic = make_mechanic()
    found = db.session.scalar(queries.visible_to(cast.account(who)).where(Mechanic.id == mechanic.id))
    assert (found is not None) is sees
