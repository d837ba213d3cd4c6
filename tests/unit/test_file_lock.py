"""Two processes that make the same thing do it one after the other."""

from multiprocessing import get_context

from ops.file_lock import alone


def make(file, log):
    with alone(file), log.open("a") as lines:
        lines.write("begins\n")
        lines.flush()
        lines.write("ends\n")


def test_who_comes_second_waits_for_the_first(tmp_path):
    file, log = tmp_path / "deep" / "thing.making", tmp_path / "log"
    processes = [get_context("fork").Process(target=make, args=(file, log)) for _ in range(8)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert log.read_text().split() == ["begins", "ends"] * 8


def test_who_dies_lets_it_go(tmp_path):
    file = tmp_path / "thing.making"

    def die():
        with alone(file):
            raise SystemExit(1)

    process = get_context("fork").Process(target=die)
    process.start()
    process.join()

    with alone(file):
        assert process.exitcode == 1
