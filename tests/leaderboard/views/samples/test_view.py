from tests.support.app import named, opened, texts


def test_a_filter_lands_in_the_url(ranked):
    app = opened("samples", run=named(ranked)["アイネス-8月"])
    app.multiselect(key="w_persona").set_value(["bushi"]).run()
    assert app.query_params["persona"] in ("bushi", ["bushi"])
    assert not app.exception


def test_wrong_values_in_the_url_are_ignored(ranked):
    app = opened(
        "samples", run="../../etc/passwd", persona="<b>", p="-3", order="; DROP", flag="nothing", sample="x' OR 1=1"
    )
    assert not app.exception
    assert "ありません" in texts(app)


def test_a_sample_is_linked_by_its_key(ranked):
    import pyarrow.parquet as pq

    run = named(ranked)["アイネス-8月"]
    row = next(r for r in pq.read_table(ranked / run / "samples.parquet").to_pylist() if "ユーザー:" in r["response"])
    app = opened("samples", run=run, sample=row["key"])
    assert row["response"] in [code.value for code in app.code]
    assert row["prompt"] in [code.value for code in app.code]
    assert any("<mark" in html.body for html in (element.proto for element in app.get("html")))
