"""Random posts to every form, in short; ``python3 run.py attack`` sends many more to the demo shop."""

from __future__ import annotations

from flask import Flask

from tests.attack.posts import Post, random_posts
from tests.attack.surface import look_around
from tests.whole_app.test_access import routes
from tests.whole_app.world import World, make_world

LINKS = {"repair": "no-such-token", "set-password": "no-such-token"}
SENDERS = ("customer", "owner")


def test_whatever_is_posted_is_answered(app: Flask) -> None:
    world = make_world(app)
    watchers = {who: world.browser(who) for who in ("mechanic", *SENDERS)}
    forms = look_around(watchers, LINKS, samples=1).forms
    every = {route.rule for route in routes(app) if route.method == "POST" and not route.is_api}
    assert {form.rule for form in forms} == every
    for who in SENDERS:
        posts = [*random_posts(forms, who, len(every))]
        assert posts == [*random_posts(forms, who, len(every))], "the same ones are to come again"
        assert any("\0" in value or not value.isascii() for post in posts for _, value in post.fields)
        answered = [f"{status}: {post}" for post in posts if (status := _status(world, who, post)) >= 500]
        assert answered == []


def _status(world: World, who: str, post: Post) -> int:
    browser = world.browser(who)
    body = post.body(browser.token())
    return browser.client.post(post.path.format(**LINKS), data=body, headers=post.headers()).status_code
