from infrastructure.cache.file_lock import file_lock_if_free


def test_second_holder_is_refused_until_the_first_ends(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with file_lock_if_free("job") as is_first:
        with file_lock_if_free("job") as is_second:
            assert (is_first, is_second) == (True, False)
        with file_lock_if_free("another job") as is_free:
            assert is_free
    with file_lock_if_free("job") as is_free:
        assert is_free
