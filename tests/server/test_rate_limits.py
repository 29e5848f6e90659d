"""A team makes so many requests a minute, and is told how many are left."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from clipkit.server.rate_limits import RateLimiter

MINUTE_S = 1_745_800_020
"""Unix seconds at which a minute begins."""


def test_a_minute_has_its_requests() -> None:
    limiter = RateLimiter(3)
    taken = [limiter.take("a", MINUTE_S + second) for second in range(5)]
    assert [one.remaining for one in taken] == [2, 1, 0, 0, 0]
    assert [one.retry_after_s for one in taken] == [None, None, None, 57, 56]
    assert {one.reset_s for one in taken} == {MINUTE_S + 60}


def test_the_next_minute_begins_anew() -> None:
    limiter = RateLimiter(1)
    assert limiter.take("a", MINUTE_S + 59.9).retry_after_s is None
    refused = limiter.take("a", MINUTE_S + 59.95)
    assert refused.retry_after_s == 1
    assert limiter.take("a", refused.reset_s).retry_after_s is None


def test_teams_do_not_use_up_each_others_requests() -> None:
    limiter = RateLimiter(1)
    assert limiter.take("a", MINUTE_S).retry_after_s is None
    assert limiter.take("b", MINUTE_S).retry_after_s is None
    assert limiter.take("a", MINUTE_S).retry_after_s == 60


def test_a_clock_that_is_set_back_gives_no_second_allowance() -> None:
    limiter = RateLimiter(1)
    limiter.take("a", MINUTE_S + 30)
    back = limiter.take("a", MINUTE_S - 30)
    assert back.retry_after_s == 90
    assert back.reset_s == MINUTE_S + 60


def test_counts_of_past_minutes_are_forgotten() -> None:
    limiter = RateLimiter()
    for number in range(1000):
        limiter.take(f"team_{number}", MINUTE_S)
    limiter.take("a", MINUTE_S + 60)
    assert limiter._counts == {"a": 1}


def test_no_request_is_counted_twice_or_lost_between_threads() -> None:
    limiter = RateLimiter(50)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: limiter.take("a", MINUTE_S), range(200)))
    passed = [one.remaining for one in taken if one.retry_after_s is None]
    assert sorted(passed) == list(range(50))


@pytest.mark.parametrize("limit", [1, 60])
def test_answers_carry_the_headers_of_the_contract(limit: int) -> None:
    limiter = RateLimiter(limit)
    headers = limiter.take("a", MINUTE_S).headers
    assert headers == {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(limit - 1),
        "X-RateLimit-Reset": str(MINUTE_S + 60),
    }
    for _ in range(limit):
        headers = limiter.take("a", MINUTE_S + 1).headers
    assert headers["Retry-After"] == "59"
