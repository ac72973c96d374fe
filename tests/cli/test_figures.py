"""What `snnrun eval` says while it draws."""

from pathlib import Path

from snnrun.cli import figures


def test_without_a_terminal_a_line_breaks_a_long_silence(monkeypatch, capsys):
    """Piped, nothing was said for minutes, until the first figure was there."""
    now = [100.0]
    monkeypatch.setattr(figures.time, "monotonic", lambda: now[0])
    with figures.telling() as told:
        told.busy("test split: 1,000 of 10,000 samples")
        now[0] += 11
        told.busy("test split: 2,000 of 10,000 samples")
        told.busy("test split: 3,000 of 10,000 samples")
        now[0] += 11
        told.drawn(Path("a.pdf"))
        told.busy("drawing b")
    assert capsys.readouterr() == ("a.pdf\n", "test split: 2,000 of 10,000 samples\n")
