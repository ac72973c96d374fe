"""Readers of events: worked examples in the bytes of each format, and what is wrong with a file."""

import struct

import numpy as np
import pytest

from snnrun.data.events.aedat2 import read_aedat2
from snnrun.data.events.aedat3 import read_aedat3
from snnrun.data.events.atis_bin import read_bin
from snnrun.data.events.recording import LATE, Events
from snnrun.errors import DataError
from tests.data.recordings import drawn, packet, write_aedat2, write_aedat3, write_bin

ROWS = [(0, 3, 33, 1), (70_000, 0, 5, 0), (70_000, 20, 0, 1), (8_388_607, 7, 9, 0)]


def rows(events: Events) -> list[tuple[int, ...]]:
    assert events.t.dtype == np.int64
    return list(
        zip(*map(np.ndarray.tolist, (events.t, events.x, events.y, events.lighter)), strict=True)
    )


# ---- N-MNIST ----


def test_a_bin_event_by_hand(tmp_path):
    """x = 12, y = 31, lighter, 0x012345 us = 74,565 us; then darker, 1 us later."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes([12, 31, 0x81, 0x23, 0x45, 2, 1, 0x01, 0x23, 0x46]))
    assert rows(read_bin(path)) == [(74_565, 12, 31, 1), (74_566, 2, 1, 0)]


def test_bin_events_are_read_as_written(tmp_path):
    write_bin(tmp_path / "a.bin", ROWS)
    assert rows(read_bin(tmp_path / "a.bin")) == ROWS


def test_a_clock_that_went_round_is_8192_us_later(tmp_path):
    write_bin(tmp_path / "a.bin", [(8000, 1, 2, 0), (0, 0, 240, 0), (5, 3, 4, 1), (9, 5, 6, 0)])
    found = [(8000, 1, 2, 0), (8197, 3, 4, 1), (8201, 5, 6, 0)]
    assert rows(read_bin(tmp_path / "a.bin")) == found


# ---- AEDAT 2.0 ----


def test_an_aedat2_event_by_hand(tmp_path):
    """Address 0x0305: a = 3, b = 2, darker, so column 124, row 125; 0x0100 = 256 us."""
    path = tmp_path / "a.aedat"
    path.write_bytes(b"#!AER-DAT2.0\r\n# x\r\n" + bytes([0, 0, 3, 5, 0, 0, 1, 0]))
    assert rows(read_aedat2(path)) == [(256, 124, 125, 0)]


def test_aedat2_events_are_read_as_written(tmp_path):
    write_aedat2(tmp_path / "a.aedat", [*ROWS, (9_000_000, 127, 0, 0)])
    assert rows(read_aedat2(tmp_path / "a.aedat")) == [*ROWS, (9_000_000, 127, 0, 0)]


def test_signals_from_outside_are_no_events(tmp_path):
    path = tmp_path / "a.aedat"
    write_aedat2(path, ROWS)
    path.write_bytes(path.read_bytes() + struct.pack(">II", 0x8000, 8_388_608))
    assert rows(read_aedat2(path)) == ROWS


def test_times_of_aedat2_are_signed(tmp_path):
    path = tmp_path / "a.aedat"
    path.write_bytes(b"#!AER-DAT2.0\n" + struct.pack(">IiIi", 0, -5, 0, 3))
    assert rows(read_aedat2(path)) == [(-5, 127, 127, 1), (3, 127, 127, 1)]


# ---- AEDAT 3.1 ----


def test_an_aedat3_event_by_hand(tmp_path):
    """Data 0x00060017: x = 3, y = 5, lighter, valid; 0x0100 = 256 us."""
    path = tmp_path / "a.aedat"
    header = bytes([1, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
                    1, 0, 0, 0])  # fmt: skip
    event = bytes([0x17, 0, 6, 0, 0, 1, 0, 0])
    path.write_bytes(b"#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n" + header + event)
    assert rows(read_aedat3(path)) == [(256, 3, 5, 1)]


def test_packets_follow_each_other_and_the_clock_goes_round(tmp_path):
    path = tmp_path / "a.aedat"
    write_aedat3(path, packet(ROWS[:2], room=5), packet(ROWS[:1], kind=0), packet(ROWS, rounds=1))
    later = [(t + 2**31, x, y, p) for t, x, y, p in ROWS]
    assert rows(read_aedat3(path)) == ROWS[:2] + later


def test_events_that_are_not_valid_are_left_out(tmp_path):
    path = tmp_path / "a.aedat"
    write_aedat3(path, packet([(1, 127, 3, 0)], valid=0), packet(ROWS))
    assert rows(read_aedat3(path)) == ROWS


def test_a_header_may_be_followed_by_a_byte_that_looks_like_one(tmp_path):
    """0x0023 is a type of packet, and 0x23 is "#"."""
    path = tmp_path / "a.aedat"
    write_aedat3(path, packet([(1, 1, 1, 1)], kind=0x23), packet(ROWS))
    assert rows(read_aedat3(path)) == ROWS


# ---- all of them ----


def bins(path, found, **_):
    write_bin(path, found)


def aedat3(path, found):
    write_aedat3(path, packet(found))


FORMATS = {"bin": (bins, read_bin), "aedat2": (write_aedat2, read_aedat2),
           "aedat3": (aedat3, read_aedat3)}  # fmt: skip


@pytest.fixture(params=FORMATS)
def written(request, tmp_path):
    """A function that writes events in a format and reads them."""
    write, read = FORMATS[request.param]
    path = tmp_path / f"{request.param}.x"

    def back(found, cut=None):
        write(path, found)
        path.write_bytes(path.read_bytes()[:cut])
        return read(path)

    return back


def test_events_that_come_a_little_late_are_put_in_order(written):
    late = [(50_000, 1, 2, 0), (50_000 - LATE, 3, 4, 1), (50_000, 5, 6, 0), (50_001, 7, 8, 1)]
    assert rows(written(late)) == [late[1], late[0], late[2], late[3]]


def test_time_does_not_go_back(written):
    with pytest.raises(DataError, match=r"\.x: event 2 is 10001 us older .* expected ascending"):
        written([(50_000, 1, 2, 0), (60_000, 1, 2, 0), (49_999, 3, 4, 1), (49_999, 3, 4, 1)])


def test_a_record_that_is_cut_short_is_damage(written):
    with pytest.raises(DataError, match=r"\.x: (has \d+ bytes|ends at byte \d+).*; replace it"):
        written(ROWS, cut=-1)


def test_an_empty_file_is_damage(written):
    with pytest.raises(DataError, match=r"\.x: (holds no event|does not begin with .*expected)"):
        written([], cut=0)


def test_a_file_without_events_is_damage(written):
    with pytest.raises(DataError, match=r"\.x: holds no event; replace it"):
        written([])


@pytest.mark.parametrize("read", [read_bin, read_aedat2, read_aedat3])
def test_an_absent_file_is_named(read, tmp_path):
    with pytest.raises(DataError, match=r"none\.x: cannot be read: No such file"):
        read(tmp_path / "none.x")


@pytest.mark.parametrize(("read", "what"), [(read_aedat2, "2.0"), (read_aedat3, "3.1")])
def test_another_format_is_told(read, what, tmp_path):
    write_aedat2(tmp_path / "a.aedat", ROWS, header=b"#!AER-DAT1.0\r\n")
    with pytest.raises(DataError, match=f"a.aedat: does not begin with .*expected AEDAT {what}"):
        read(tmp_path / "a.aedat")


def test_events_outside_of_the_sensor(tmp_path):
    write_bin(tmp_path / "a.bin", [*ROWS[:2], (70_001, 34, 3, 1)])
    with pytest.raises(DataError, match=r"a.bin: event 2 lies at x = 34, y = 3; expected below 34"):
        read_bin(tmp_path / "a.bin")
    write_aedat3(tmp_path / "b.aedat", packet([(5, 3, 128, 0)]))
    with pytest.raises(DataError, match=r"event 0 lies at x = 3, y = 128; expected below 128"):
        read_aedat3(tmp_path / "b.aedat")
    content = b"#!AER-DAT2.0\n" + struct.pack(">II", 1 << 16, 0)
    (tmp_path / "c.aedat").write_bytes(content)
    with pytest.raises(DataError, match=r"c.aedat: event 0 has address 65536; expected one of"):
        read_aedat2(tmp_path / "c.aedat")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packet(ROWS)[:20], "ends within the header of a packet"),
        (struct.pack("<hhiiiiii", 1, 0, 8, 4, 0, 1, 2, 2) + bytes(16),
         "the packet at byte 28 says 2 events in room for 1 of 8 bytes"),
        (struct.pack("<hhiiiiii", 1, 0, 0, 4, 0, 1, 1, 1), "in room for 1 of 0 bytes"),
        (struct.pack("<hhiiiiii", 1, 0, 8, 4, 0, -1, -1, 0), "in room for -1 of 8 bytes"),
        (struct.pack("<hhiiiiii", 1, 0, 12, 8, 0, 1, 1, 1) + bytes(12),
         "events of 12 bytes with their time at 8; expected 8 and 4"),
    ],
)  # fmt: skip
def test_packets_that_cannot_be(tmp_path, content, message):
    write_aedat3(tmp_path / "a.aedat", content)
    with pytest.raises(DataError, match=message):
        read_aedat3(tmp_path / "a.aedat")


def test_a_part_of_a_recording(tmp_path):
    write_bin(tmp_path / "a.bin", drawn(np.random.default_rng(0), 20, 34))
    part = read_bin(tmp_path / "a.bin").between(50, 120)
    assert part.t.tolist() == [50, 60, 70, 80, 90, 100, 110]
    assert len(part.x) == len(part.lighter) == 7
