// Lines from curves: one of each run, or the mean of the runs of a group with its deviation.
//
// A curve is {split, name, epochs, values}; a value of null is one that was not finite. A line is
// {label, group, split, epochs, values} and, of a mean, `spread`: the standard deviations.

function inError(line) {
  return { ...line, values: line.values.map((value) => (value === null ? null : 1 - value)) };
}

function linesOfRuns(runs, group, split, metric) {
  return runs.flatMap((run) =>
    run.curves
      .filter((curve) => curve.split === split && curve.name === metric)
      .map((curve) => ({ label: run.name, group, split, ...curve })),
  );
}

// The mean at each epoch that all runs have a point of, with its standard deviation.
function meanOf(lines, label) {
  if (lines.length === 1) return { ...lines[0], label };
  const epochs = epochsOf(lines);
  const values = [];
  const spread = [];
  for (const epoch of epochs) {
    const there = lines.map((line) => between(line, epoch));
    const known = there.every((value) => value !== null);
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
    const squares = there.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    values.push(known ? mean : null);
    spread.push(known ? Math.sqrt(squares / (there.length - 1)) : null);
  }
  return { ...lines[0], label, epochs, values, spread };
}

// The epochs that lines share. Curves that were thinned share few: of them it is all epochs up to
// which each has come, and between two of its points a straight line counts.
function epochsOf(lines) {
  const [first, ...others] = lines.map((line) => new Set(line.epochs));
  const shared = [...first].filter((epoch) => others.every((each) => each.has(epoch)));
  if (shared.length >= Math.min(...lines.map((line) => line.epochs.length)) / 4) return shared;
  const begin = Math.max(...lines.map((line) => line.epochs[0]));
  const end = Math.min(...lines.map((line) => line.epochs[line.epochs.length - 1]));
  const every = [...new Set(lines.flatMap((line) => line.epochs))].sort((a, b) => a - b);
  return every.filter((epoch) => epoch >= begin && epoch <= end);
}

function between(line, epoch) {
  const at = lastUpTo(line.epochs, epoch);
  if (line.epochs[at] === epoch) return line.values[at];
  const [before, after] = [line.values[at], line.values[at + 1]];
  if (before === null || after === null) return null;
  const share = (epoch - line.epochs[at]) / (line.epochs[at + 1] - line.epochs[at]);
  return before + share * (after - before);
}

// Half of the points of a curve that has grown too long: of each four, the least and the largest.
function thin(curve) {
  const kept = new Set([0, curve.epochs.length - 1]);
  for (let start = 0; start < curve.epochs.length; start += 4) {
    const places = [0, 1, 2, 3].map((more) => start + more).filter((at) => at in curve.values);
    const finite = places.filter((at) => curve.values[at] !== null);
    const gap = places.find((at) => curve.values[at] === null);
    if (gap !== undefined) kept.add(gap);
    finite.sort((a, b) => curve.values[a] - curve.values[b]);
    if (finite.length) kept.add(finite[0]).add(finite[finite.length - 1]);
  }
  const order = [...kept].sort((a, b) => a - b);
  curve.epochs = order.map((at) => curve.epochs[at]);
  curve.values = order.map((at) => curve.values[at]);
}
