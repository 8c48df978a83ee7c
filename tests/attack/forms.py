"""Random posts to every form of every door, by each role: never a failure of ours, and the same verdict everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

from shop.ops import checks
from tests.attack.ground import ROLES, WATCHERS, Attacked, attacked, demo_ground
from tests.attack.posts import Post, random_posts
from tests.attack.surface import SeenForm
from tests.faults.caller import Caller
from tests.faults.shop import FaultShop
from tests.faults.trial import Trial

#: After so many posts no try counts any more, and everybody signs in anew, as they do when a post has signed them out.
_AT_A_TIME = 25


def post_at_random(shop: FaultShop, times: int) -> list[str]:
    """So many posts by each role."""
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    with attacked(shop) as there:
        surface = there.look_around(WATCHERS)
        for who in ROLES:
            for number, (post, status) in enumerate(_answered(there, who, surface.forms, times), start=1):
                statuses[status] += 1
                shop.verdicts[f"{who} {number}, {post}"] = str(status)
                if status >= 500:
                    wrong.append(f"{who} {number}, {post} was answered {status}.")
        wrong += there.failures()
        with there.app.app_context():
            wrong += checks.problems()
    routes = len({form.rule for form in surface.forms})
    answers = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
    shop.noted.append(f"{routes} routes; answers: {answers}")
    return wrong


TRIALS = (
    Trial(
        "forms",
        "Whatever is posted, by whomever, the shop says yes or no",
        "random posts to every form, for each of five roles",
        post_at_random,
        times=200,
        times_if_long=5_000,
        ground=demo_ground,
    ),
)


def _answered(there: Attacked, who: str, forms: Sequence[SeenForm], times: int) -> Iterator[tuple[Post, int]]:
    is_out = False
    for number, post in enumerate(random_posts(forms, who, times)):
        if number % _AT_A_TIME == 0:
            there.forget_tries()
        if is_out or number % _AT_A_TIME == 0:
            signed_in, links = there.sign_in(who), there.new_links()
        # From another place each time, so that no limit of a place answers instead of the shop.
        headers = post.headers() | {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        with closing(Caller(there.server.port, signed_in)) as caller:
            answer = caller.ask("POST", post.path.format(**links), post.body(signed_in.seal), headers)
        is_out = who != "nobody" and (answer.status == 401 or answer.location.startswith("/login"))
        yield post, answer.status
