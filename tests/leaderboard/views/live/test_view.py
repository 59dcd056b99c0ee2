from tests.support.app import opened


def test_progress_comes_from_the_status_file(broken_store):
    app = opened("live")
    assert "100 件中 7 件" in " ".join(element.proto.text for element in app.get("progress"))
