// What rules are told of a step, and spikes that are not free.
#pragma once
#include <algorithm>
#include <limits>
#include <vector>

#include "graph_arrivals.hpp"

namespace snnrun {

/// The signals of one sample: those that are given, and rewards for what groups do.
template <class F>
class Signals {
 public:
  explicit Signals(const GraphMoment<F>& moment) : m_(moment) {}

  /// Of each signal at this step; nan: it is not told.
  const std::vector<double>& values() const { return values_; }

  /// Before the first step: what there is to be told of a sample.
  void begin(const GraphSamples& shown, std::int64_t sample) {
    values_.resize(shown.signals.size());
    for (const GraphSignal& signal : shown.signals) totals_.emplace_back(signal.classes);
    shown_ = &shown, sample_ = sample;
  }

  void step() {
    for (std::size_t k = 0; k < values_.size(); ++k) {
      const GraphSignal& signal = shown_->signals[k];
      values_[k] = signal.told ? signal.told[sample_ * m_.steps + m_.now] : judged(signal, totals_[k]);
    }
  }

  /// What is told of this step alone; nothing of all that is not there.
  void tell(const std::vector<double>& values) {
    values_ = values;
    values_.resize(m_.plan.signals, std::numeric_limits<double>::quiet_NaN());
  }

 private:
  double judged(const GraphSignal& signal, std::vector<std::int64_t>& totals) const {
    const SpikeRows spikes = m_.spikes(signal.group);
    const std::int64_t own = signal.labels[sample_], size = m_.plan.size(signal.group);
    const std::int64_t each = size / signal.classes, all = spikes.count(m_.now);
    std::int64_t right = 0;
    for (const std::int32_t* i = spikes.begin(m_.now); i != spikes.end(m_.now); ++i) {
      ++totals[*i / each];
      right += *i / each == own;
    }
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (signal.when == RewardTime::spike)
      return all ? signal.correct * static_cast<double>(right) +
                       signal.wrong * static_cast<double>(all - right)
                 : none;
    if (signal.when == RewardTime::sample && m_.now < m_.steps - 1) return none;
    const auto most = std::max_element(totals.begin(), totals.end());
    if (std::count(totals.begin(), totals.end(), *most) > 1) return signal.undecided;
    return most - totals.begin() == own ? signal.correct : signal.wrong;
  }

  const GraphMoment<F>& m_;
  const GraphSamples* shown_ = nullptr;
  std::int64_t sample_ = 0;
  std::vector<double> values_;
  std::vector<std::vector<std::int64_t>> totals_;  // spikes of each class so far
};

/// Makes the neurons spike whose clamp is positive, and silences those whose clamp is negative;
/// returns how many spike then.
inline std::int64_t clamped(const std::int8_t* clamp, std::int64_t size, std::int64_t count,
                            std::vector<std::int32_t>& spiking, std::vector<std::int32_t>& free) {
  free.assign(spiking.begin(), spiking.begin() + count);
  auto next = free.begin();
  count = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const bool spikes = next != free.end() && *next == i;
    if (spikes) ++next;
    if (clamp[i] > 0 || (spikes && clamp[i] == 0)) spiking[count++] = static_cast<std::int32_t>(i);
  }
  return count;
}

}  // namespace snnrun
