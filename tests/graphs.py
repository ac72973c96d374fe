"""A small graph that learns digits in a moment."""

SMALL = """
seed: 3
data: {name: digits}
encoder: {name: poisson_intervals, steps: 150, max_rate: 128.0}
model:
  name: graph
  neurons:
    X: {name: input, trace: {tau: 20.0}}
    E: {name: adaptive_lif, size: 20, reset: -60.0, plus: 0.05, one_winner: true, trace: {}}
    I: {name: lif, size: 20, tau: 10.0, rest: -60.0, reset: -45.0, threshold: -40.0}
  synapses:
    X -> E:
      delay: 1
      init: {name: uniform, low: 0.0, high: 0.3}
      bounds: [0.0, 1.0]
      normalise: {to: 25.0}
      rules: [{name: pair, nu: [1e-4, 1e-2]}]
    E -> I: {name: one_to_one, delay: 1, weight: 22.5}
    I -> E: {name: all_but_self, delay: 1, weight: -120.0}
learning: {name: correlation, readout: E, label_samples: 400}
train: {epochs: 2, batch_size: 100, live_plot: false, tensorboard: false, threads: 1}
"""
