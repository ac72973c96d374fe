// Numbers as people read them, and the places of ticks on an axis.

function words(value) {
  if (value === null || value === undefined) return "not a number";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replaceAll("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

// Ticks at 1, 2 or 5 times a power of ten, about as many as are wanted.
function evenTicks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) {
    ticks.push(at * step || 0); // not -0
  }
  return ticks;
}

// Ticks of a logarithmic axis: at powers of ten, with 2 and 5 between them where there is room.
function logTicks(low, high, wanted) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const factors = last - first <= wanted / 2 ? [1, 2, 5] : [1];
  const every = Math.ceil((last - first) / wanted);
  const ticks = [];
  for (let power = first; power <= last; power += 1) {
    for (const factor of (power - first) % every === 0 ? factors : []) {
      const tick = factor * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length > 1 ? ticks : evenTicks(low, high, wanted);
}

// The place of the last number that is not above a value; -1 where all are. Numbers ascend.
function lastUpTo(numbers, value) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// The place of the number next to a value.
function nearest(numbers, value) {
  const at = lastUpTo(numbers, value);
  if (at < 0) return 0;
  if (at + 1 === numbers.length) return at;
  return value - numbers[at] <= numbers[at + 1] - value ? at : at + 1;
}
