"""Exports to records: formats, encodings, broken files, joins."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore import Creator, Mapping, Post, Reading, UnreadableExport, read_exports
from vectorstore.readers import tables

NOTE = {"note_id": "n1", "type": "normal", "title": "甜品", "desc": "好吃[笑哭R] #探店[话题]#", "time": 1741739525000, "user_id": "u1",
        "nickname": "小王", "liked_count": "1.2万", "collected_count": "2", "comment_count": "10", "share_count": "-", "ip_location": "",
        "tag_list": "探店", "last_modify_ts": 1741740000000, "source_keyword": ""}  # fmt: skip


def write(path: Path, content: Any, encoding: str = "utf-8") -> Path:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def only(path: Path) -> Post:
    (post,) = read_exports(path).posts
    return post


# --- MediaCrawler --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contents.json", "contents.json.gz", "contents.jsonl", "contents.csv"])
def test_a_xiaohongshu_note_from_each_of_mediacrawlers_formats(tmp_path: Path, name: str) -> None:
    if name.endswith(".csv"):
        content: Any = ",".join(NOTE) + "\n" + ",".join(f'"{v}"' for v in NOTE.values()) + "\n"
    else:
        content = [NOTE] if ".json." in f"{name}." else json.dumps(NOTE, ensure_ascii=False) + "\n"
    report = read_exports(write(tmp_path / name, content))
    (post,) = report.posts
    assert post == Post(
        id="xiaohongshu:n1", platform="xiaohongshu", creator_id="xiaohongshu:u1", title="甜品", text="好吃[笑哭R] #探店", hashtags=("探店",),
        language="zh", format="image", created_at=datetime(2025, 3, 12, 0, 32, 5, tzinfo=UTC), likes=12_000, collects=2, comments=10,
        shares=None, source=str(tmp_path / name),
    )  # fmt: skip
    assert [(c.id, c.name) for c in report.creators] == [("xiaohongshu:u1", "小王")]
    assert [f.reader for f in report.files.values()] == ["mediacrawler"]
    assert not report.faults


SAME = {"user_id": "7", "nickname": "A", "last_modify_ts": 1741740000, "title": "t", "desc": "看看这个视频", "create_time": 1741739525}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"aweme_id": "1", "aweme_type": "0", **SAME, "liked_count": "5", "collected_count": "6", "comment_count": "7", "share_count": "8"},
         {"id": "douyin:1", "likes": 5, "collects": 6, "comments": 7, "shares": 8, "format": "video"}),
        ({"note_id": "1", "content": "看看这个", "create_time": 1741739525, "liked_count": "5", "comments_count": "7", "shared_count": "8",
          "user_id": "7", "nickname": "A"}, {"id": "weibo:1", "likes": 5, "comments": 7, "shares": 8, "collects": None, "text": "看看这个"}),
        ({"video_id": "1", "video_type": "video", **SAME, "liked_count": "5", "video_play_count": "90", "video_favorite_count": "6",
          "video_share_count": "8", "video_comment": "7"},
         {"id": "bilibili:1", "likes": 5, "collects": 6, "comments": 7, "shares": 8, "views": 90, "format": "video"}),
        ({"video_id": "x", "video_type": "1", **SAME, "liked_count": "5", "viewd_count": "90"},
         {"id": "kuaishou:x", "likes": 5, "views": 90, "comments": None, "format": "video"}),
        ({"content_id": "1", "content_type": "answer", "content_text": "看看这个", "title": "问", "created_time": 1741739525, "voteup_count": 5,
          "comment_count": 7, "user_id": "7", "user_nickname": "A", "nickname": "A"}, {"id": "zhihu:1", "likes": 5, "comments": 7, "format": "text"}),
    ],
)  # fmt: skip
def test_the_other_platforms_of_mediacrawler(tmp_path: Path, row: dict[str, Any], expected: dict[str, Any]) -> None:
    post = only(write(tmp_path / "contents.json", [row]))
    assert {k: getattr(post, k) for k in expected} == expected
    assert post.creator_id == f"{post.platform}:7"
    assert post.created_at == datetime(2025, 3, 12, 0, 32, 5, tzinfo=UTC)


def test_of_a_note_exported_twice_the_newer_export_stays(tmp_path: Path) -> None:
    write(
        tmp_path / "1" / "a.json",
        [{**NOTE, "liked_count": "5", "last_modify_ts": 1741740000000}, {**NOTE, "liked_count": "3", "last_modify_ts": 1741739999000}],
    )
    write(tmp_path / "2" / "b.json", [{**NOTE, "liked_count": "4", "last_modify_ts": 1741739999500}])
    assert only(tmp_path).likes == 5


def test_comments_are_not_taken_for_posts(tmp_path: Path) -> None:
    path = write(tmp_path / "comments.json", [{"comment_id": "1", "note_id": "n1", "content": "nice", "user_id": "u", "nickname": "x"}])
    with pytest.raises(UnreadableExport, match="comments"):
        read_exports(path)


# --- joins ---------------------------------------------------------------------------------------------------------------

QUOTES = """Name,user_id,Bio(text),Sex,fans count,图文报价(RMB),红人健康等级,粉丝女性比例,粉丝年龄<18,粉丝年龄18-24,粉丝兴趣标签
小王,u1,"两行
简介",F,"1,077",350,优秀,57.46,0.9,21.02,"1\t生活记录\t11.95%
2\t美食\t10.88%"
老李,u2,,M,2.5万,null,,null,null,null,null
"""


def test_a_folder_is_read_and_joined_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "contents.json.gz", [NOTE])
    profile = {"user_id": "u1", "nickname": "小王", "gender": "女", "desc": "达拉斯探店", "ip_location": "美国", "follows": "8", "fans": "1100",
               "interaction": "900", "tag_list": '{"location": "美国得克萨斯", "profession": "探店博主"}', "last_modify_ts": 1741740734045}  # fmt: skip
    write(tmp_path / "creators.json", [profile])
    write(tmp_path / "quotes.csv", QUOTES)
    write(tmp_path / ".hidden" / "other.json", [NOTE])
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    report = read_exports(tmp_path)
    assert [(Path(f.file).name, f.reader) for f in report.files.values()] == [
        ("contents.json.gz", "mediacrawler"), ("creators.json", "mediacrawler"), ("quotes.csv", "quotes")]  # fmt: skip
    king, li = sorted(report.creators, key=lambda c: c.id)
    # The profile is newer than the undated quotes, and knows more.
    assert (king.followers, king.bio, king.gender, king.location, king.categories) == (
        1100,
        "达拉斯探店",
        "female",
        "美国得克萨斯",
        ("探店博主",),
    )
    assert [(q.format, q.amount, q.currency, q.source.endswith("quotes.csv:2")) for q in king.quotes] == [("image", 350, "CNY", True)]
    assert king.audience is not None
    # A share below one per cent is one hundredth of it all the same.
    assert king.audience.female == 0.5746
    assert king.audience.ages == {"<18": 0.009, "18-24": 0.2102}
    assert king.audience.interests == {"生活记录": 0.1195, "美食": 0.1088}
    assert (king.grade, li.followers, li.quotes, li.audience) == ("优秀", 25_000, (), None)


def test_posts_that_name_their_author_by_handle_find_the_profile(tmp_path: Path) -> None:
    write(tmp_path / "tiktok_posts.csv", "id,handle,text,likes\n1,@MissBoba,hello there everyone,5\n")
    write(tmp_path / "tiktok_creators.csv", "id,handle,name,followers,bio\n99,missboba,Miss Boba,1000,tea\n")
    report = read_exports(tmp_path)
    assert [p.creator_id for p in report.posts] == [c.id for c in report.creators] == ["tiktok:99"]


# --- any table -----------------------------------------------------------------------------------------------------------


def test_the_shipped_sample_reads_without_a_mapping(sample_dir: Path) -> None:
    report = read_exports(sample_dir)
    assert not report.faults
    assert len(report.posts) == sum(1 for _ in (sample_dir / "posts.jsonl").open(encoding="utf-8"))
    assert {p.creator_id for p in report.posts} <= {c.id for c in report.creators}
    assert all(p.created_at and p.text and p.likes is not None for p in report.posts)
    assert any(q.currency == "USD" for c in report.creators for q in c.quotes)
    assert any(c.audience and c.audience.female and c.audience.ages for c in report.creators)


def test_chinese_headers(tmp_path: Path) -> None:
    post = only(
        write(
            tmp_path / "抖音作品.csv",
            "作品id,作者昵称,标题,内容,发布时间,点赞数,收藏数,评论数,转发数,播放量\n1,小王,新品,喝起来不错,2025-03-01 08:00,1.2万,3,4,5,10w+\n",
        )
    )
    assert (post.id, post.likes, post.collects, post.comments, post.shares, post.views) == ("douyin:1", 12_000, 3, 4, 5, 100_000)


def test_a_guessed_mapping_can_be_saved_mended_and_given(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.csv", "who,what they said,hearts\nu1,the tea is great,5\n")
    with pytest.raises(UnreadableExport, match=r"Found: who, what they said, hearts\. Needed: for posts a `text`"):
        read_exports(path)
    saved = tmp_path / "mapping.json"
    Mapping("posts", {"creator_id": "who", "text": "what they said", "likes": "hearts"}, platform="weibo").save(saved)
    (post,) = read_exports(path, mapping=Mapping.load(saved)).posts
    assert (post.platform, post.creator_id, post.text, post.likes) == ("weibo", "weibo:u1", "the tea is great", 5)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"kind": "posts"}', '{"kind": "cats", "columns": {}}', '{"kind": "posts", "columns": {"a": 1}}']
)
def test_a_mapping_file_that_is_none_says_its_form(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableExport, match="is no column mapping"):
        Mapping.load(write(tmp_path / "m.json", content))


def test_rows_without_an_id_keep_one_id_over_two_readings(tmp_path: Path) -> None:
    path = write(tmp_path / "weibo.csv", "text,likes\nfirst one,1\nsecond one,2\n")
    first, again = read_exports(path).posts, read_exports(path).posts
    assert [p.id for p in first] == [p.id for p in again]
    assert len({p.id for p in first}) == 2


def test_a_table_that_names_no_platform_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="Add a column `platform`"):
        read_exports(write(tmp_path / "posts.csv", "id,text\n1,hello\n"))


def test_a_price_without_a_currency_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "instagram.csv", "handle,followers,price\na,100,500\nb,100,$600\n")
    report = read_exports(path)
    assert [[q.amount for q in c.quotes] for c in report.creators] == [[], [600]]
    assert "without a currency" in report.faults[0].reason


# --- broken files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = "id,标题,正文,点赞数\n1,新品上市,今天去了新开的甜品店，环境不错，味道也很好。,12\n" + "2,x,English only here,3\n" * 3
    report = read_exports(write(tmp_path / "weibo.csv", text, encoding))
    assert report.posts[0].text == "今天去了新开的甜品店，环境不错，味道也很好。"
    assert report.posts[0].likes == 12


def test_bad_rows_are_reported_with_their_line_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = write(
        tmp_path / "weibo.csv",
        'id,text,likes\n1,one,5\n2,two,many\n3,"three, four",6,7\n\n4,five,8\n5,,9\n,,\n6,"never closed,1\n7,seven,2\n',
    )
    report = read_exports(path)
    assert [(p.id, p.likes) for p in report.posts] == [("weibo:1", 5), ("weibo:2", None), ("weibo:4", 8), ("weibo:5", 9), ("weibo:7", 2)]
    assert [(f.line, f.reason) for f in sorted(report.faults, key=lambda f: f.line or 0)] == [
        (3, "column 'likes': 'many' is no number; left unknown"),
        (4, "4 cells where the header has 3"),
        (9, "a quote opens here and is never closed"),
    ]


def test_json_lines_with_a_broken_line(tmp_path: Path) -> None:
    path = write(tmp_path / "tiktok.jsonl", '{"id": 1, "text": "a"}\n{"id": 2, "text": \n[1]\n{"id": 3, "text": "c"}\n')
    report = read_exports(path)
    assert [p.id for p in report.posts] == ["tiktok:1", "tiktok:3"]
    assert sorted(f.line or 0 for f in report.faults) == [2, 3]


def test_a_json_array_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    report = read_exports(write(tmp_path / "tiktok.json", '[{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 3, "te'))
    assert [p.id for p in report.posts] == ["tiktok:1", "tiktok:2"]
    assert "breaks here" in report.faults[0].reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", b"", "is empty"), ("a.csv", b"\n \n", "is empty"), ("weibo.csv", b"id,text\n", "no rows"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture"), ("a.csv", b"PK\x03\x04\x14\x00", "Excel.*Save it as CSV"),
        ("a.csv", bytes(range(256)), "binary"), ("a.json.gz", b"no gzip at all", "cannot be read"),
        ("a.json.gz", gzip.compress(b"[" + b"1," * 9999)[:40], "cannot be read"), ("a.json", b"[oops", "no valid JSON"),
        ("a.json", b"[1, 2, 3]", "expected an object"), ("a.json", b"[" * 100_000, "no valid JSON"),
    ],
)  # fmt: skip
def test_unusable_files_say_why(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableExport, match=reason):
        read_exports(tmp_path / name)


def test_a_missing_path_and_a_folder_without_exports(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="does not exist"):
        read_exports(tmp_path / "nowhere")
    with pytest.raises(UnreadableExport, match="holds no"):
        read_exports(tmp_path)


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    write(tmp_path / "contents.json", [NOTE])
    write(tmp_path / "notes.txt", "just some words\nand more\n")
    report = read_exports(tmp_path)
    assert len(report.posts) == 1
    assert report.files[str(tmp_path / "notes.txt")].reader == ""
    assert any("no usable column" in f.reason for f in report.faults)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 1024 * 1024)
    bomb = write(tmp_path / "a.json.gz", "[" + " " * 2_000_000 + "]")
    assert bomb.stat().st_size < 10_000
    with pytest.raises(UnreadableExport, match=r"larger than 1 MB.*Split it"):
        read_exports(bomb)


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_no_bytes_break_the_reading(tmp_path: Path, data: bytes) -> None:
    for head in (b"", b"id,text,likes\n", b'[{"id": 1, "text": "a"}, '):
        (tmp_path / "weibo.csv").write_bytes(head + data)
        with suppress(UnreadableExport):
            read_exports(tmp_path / "weibo.csv")


# --- plug point ----------------------------------------------------------------------------------------------------------


class PairReader:
    """Reads ``author|text`` lines."""

    name = "pairs"

    def sniff(self, path: Path, head: str) -> float:
        return 1.0 if path.suffix == ".pairs" else 0.0

    def read(self, path: Path) -> Reading:
        rows = [line.split("|") for line in path.read_text().splitlines()]
        posts = [Post(id=f"x:{n}", platform="x", creator_id=f"x:{who}", text=text) for n, (who, text) in enumerate(rows)]
        return Reading(posts=posts, creators=[Creator(id=f"x:{who}", platform="x") for who, _ in rows], rows=len(rows))


def test_a_plugins_reader_takes_its_files(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pairs", "ann|hello\nbob|bye\n")
    report = read_exports([path], extra_readers=[PairReader()])
    assert [p.text for p in report.posts] == ["hello", "bye"]
    assert report.files[str(path)].reader == "pairs"


# --- real exports --------------------------------------------------------------------------------------------------------


def test_the_real_campaign_export(data_dir: Path) -> None:
    report = read_exports(data_dir / "xhs_koc")
    assert [(f.reader, f.rows) for f in report.files.values()] == [("mediacrawler", 4966), ("mediacrawler", 34), ("quotes", 34)]
    assert len(report.posts) == 4664
    assert len(report.creators) == 36
    assert not report.faults
    assert {p.creator_id for p in report.posts} <= {c.id for c in report.creators}
    assert sum(bool(c.quotes) for c in report.creators) >= 33
    assert all(0 <= share <= 1 for c in report.creators if c.audience for share in c.audience.ages.values())
    assert not any("[话题]" in p.text for p in report.posts)


def test_the_real_top_lists(data_dir: Path) -> None:
    report = read_exports(data_dir / "influencers")
    by_id = {c.id: c for c in report.creators}
    assert by_id["instagram:cristiano"].followers == 477_900_000
    assert by_id["instagram:cristiano"].averages == {"engagement": 6_200_000}
    beast = by_id["tiktok:mrbeast"]
    assert (beast.followers, beast.averages["views"], beast.tier) == (60_300_000, 29_200_000, "mega")
    assert len(by_id) > 1_900
