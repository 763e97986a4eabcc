"""Facts, words to avoid and names, as people write them in a request."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.brief import read_brief

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "facts"),
    [
        ("给我们的甜品店写笔记。可以写：芋圆每日手工现做，全场不加糖精。", ["芋圆每日手工现做", "全场不加糖精"]),
        ("写三条文案，文案里能提到的信息：零糖、每罐4大卡。", ["零糖", "每罐4大卡"]),
        ("Write posts for our soda. Drafts may mention: zero sugar, 4 kcal per can.", ["zero sugar", "4 kcal per can"]),
    ],
)
def test_what_may_be_written_is_a_fact(request_: str, facts: list[str]) -> None:
    assert read_brief(request_, now=NOW)[0].facts == facts


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("写种草文案，不要写最好吃、全网第一。", ["最好吃", "全网第一"]),
        ("写种草文案，不要写太长、太硬。", []),
        ("写种草文案，不要写长文。", []),
    ],
)
def test_a_list_of_words_not_to_write(request_: str, words: list[str]) -> None:
    assert read_brief(request_, now=NOW)[0].must_not_say == words


@pytest.mark.parametrize(
    ("request_", "brand"),
    [
        ("为达拉斯的一家台式甜品店“芋小满”策划小红书探店活动", "芋小满"),
        ("为达拉斯的台式甜品店「豆点」策划小红书活动，写种草文案、审核并预估效果", "豆点"),
        ("我们的咖啡馆「山野」要找3位达人", "山野"),
        ("在门店“打卡，送蛋糕”的活动找5位达人", None),
    ],
)
def test_a_shop_s_name_in_quotation_marks(request_: str, brand: str | None) -> None:
    assert read_brief(request_, now=NOW)[0].brand == brand
