"""Four small runs that inference has looked at."""

import pytest

import snnrun
from tests.studies.compare.cases import SIZE
from tests.studies.small import BASE


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of the runs: 3 and 7 neurons, seeds 4 and 5; six epochs, of which the third was
    looked at, too.
    """
    folder = tmp_path_factory.mktemp("compare")
    (folder / "small.yaml").write_text(BASE)
    for size in (3, 7):
        for seed in (4, 5):
            changes = [f"{SIZE}={size}", f"seed={seed}", "train.epochs=6", "train.savepoints=[3]"]
            name = f"size_{size}_{seed}"
            run = snnrun.train(folder / "small.yaml", changes, name=name, results=folder / "runs")
            for epoch in (3, 6):
                snnrun.inference(run, epoch)
    return folder / "runs"
