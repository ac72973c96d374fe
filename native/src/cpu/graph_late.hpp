// All-to-all synapses that each have a delay: what is sent is poured into the steps to come.
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "graph_traces.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/products.hpp"

namespace snnrun {

constexpr std::int64_t kMostLate = 1024;  // steps between the shortest and the longest delay

/// How much later than over the shortest of them spikes arrive, synapse by synapse.
struct Lateness {
  std::int64_t shortest = 0, longest = 0;
  std::vector<std::int32_t> offsets;  // as GraphKernels::pour reads them

  bool empty() const { return offsets.empty(); }
  std::int64_t span() const { return longest - shortest; }

  /// Empty where delays lie so far apart that steps to come would take too much memory.
  template <class F>
  static Lateness of(const GraphSynapses<F>& s, std::int64_t pre, std::int64_t post) {
    const auto [low, high] = std::minmax_element(s.delays, s.delays + post * pre);
    Lateness late{*low, *high, {}};
    if (late.span() > kMostLate) return {};
    late.offsets.resize(whole_blocks(post) * pre);
    for (std::int64_t p = 0; p < whole_blocks(post); ++p)
      for (std::int64_t i = 0; i < pre; ++i) {
        const std::int64_t later = p < post ? s.delays[p * pre + i] - late.shortest : 0;
        late.offsets[(p / kGraphBlock * pre + i) * kGraphBlock + p % kGraphBlock] =
            static_cast<std::int32_t>(later * kGraphPart + p % kGraphPart);
      }
    return late;
  }
};

/// What will arrive of the spikes that are known. Rows that sleep receive it as it is sent, by packed
/// weights; those that are awake when it arrives, by lists, as their weights then are.
template <class F>
class Upcoming {
  using Of = typename Graph<F>::Plan::Synapses;

 public:
  /// input: whether all spikes are known beforehand.
  Upcoming(const Of& of, std::int64_t pre, std::int64_t post, bool input)
      : of_(of), pre_(pre), width_(whole_blocks(post)), input_(input), counts_(pre), row_(width_) {}

  /// Begin with step `from`: of spikes that are known, take in those that arrive from then on, and
  /// before step `to`.
  void begin(const SpikeRows& sent, std::int64_t from, std::int64_t to) {
    const Lateness& late = of_.late;
    first_ = from - late.span(), rows_ = to - first_ + late.span();
    std::fill_n(sums_.of(rows_ * width_), rows_ * width_, F(0));
    if (from == 0) forget();
    const std::int64_t past = std::max<std::int64_t>(0, from - late.longest);
    if (input_) return pour(sent, past, to - late.shortest);
    for (std::int64_t t = past; t < from - late.shortest; ++t) pour(sent, t, t + 1);
  }

  /// What arrives at a step [whole blocks of post]; to be asked of each at which anything does.
  const F* at(std::int64_t now, const SpikeRows& sent, const std::vector<std::int32_t>& awake) {
    if (!input_) pour(sent, now - of_.late.shortest, now - of_.late.shortest + 1);
    for (std::int64_t part = 0; part < width_; part += kGraphPart)
      std::copy_n(sums_.get() + part * rows_ + (now - first_) * kGraphPart, kGraphPart, &row_[part]);
    list(now, sent, awake);
    for (std::int64_t k = 0; k < listed_; ++k) {
      const F* const weights = of_.as.weights + awake[k] * pre_;
      auto& arriving = due_[k * ring() + now % ring()];
      F sum = 0;
      for (const std::int32_t i : arriving) sum += weights[i];
      row_[awake[k]] = sum;
      arriving.clear();
    }
    return row_.data();
  }

 private:
  std::int64_t ring() const { return of_.late.span() + 1; }

  /// Begin a sample, wherever the one before has ended.
  void forget() {
    for (std::int64_t k = 0; k < listed_ * ring(); ++k) due_[k].clear();
    listed_ = 0;
    std::fill(counts_.begin(), counts_.end(), 0);
  }

  /// Let rows that sleep receive what is sent at steps [from, to), neuron by neuron of pre.
  void pour(const SpikeRows& sent, std::int64_t from, std::int64_t to) {
    if (from >= to || sent.begin(from) == sent.end(to - 1)) return;
    gather(sent, from, to);
    const GraphSenders senders{who_.data(), static_cast<std::int64_t>(who_.size()), starts_.data(),
                               steps_.data()};
    for (std::int64_t part = 0; part < width_; part += kGraphPart) {
      const std::int64_t at = part / kGraphBlock * pre_ * kGraphBlock + part % kGraphBlock;
      kernels_.pour(of_.packed.get() + at, &of_.late.offsets[at], senders, sums_.get() + part * rows_);
    }
  }

  /// Who sends at steps [from, to), and where that would arrive after the shortest delay.
  void gather(const SpikeRows& sent, std::int64_t from, std::int64_t to) {
    who_.clear(), starts_.assign(1, 0);
    for (const std::int32_t* i = sent.begin(from); i != sent.end(to - 1); ++i)
      if (!counts_[*i]++) who_.push_back(*i);
    std::sort(who_.begin(), who_.end());
    for (const std::int32_t i : who_) {
      const std::int64_t start = starts_.back();
      starts_.push_back(start + std::exchange(counts_[i], start));
    }
    steps_.resize(starts_.back());
    for (std::int64_t t = from; t < to; ++t) {
      const std::int64_t row = t + of_.late.shortest - first_;
      for (const std::int32_t* i = sent.begin(t); i != sent.end(t); ++i)
        steps_[counts_[*i]++] = static_cast<std::int32_t>(row * kGraphPart);
    }
    for (const std::int32_t i : who_) counts_[i] = 0;
  }

  /// Tell rows that are awake which spikes arrive when: those that have woken, of all that are on
  /// their way; the others, of those that were sent last.
  void list(std::int64_t now, const SpikeRows& sent, const std::vector<std::int32_t>& awake) {
    const std::int64_t last = now - of_.late.shortest, before = listed_;
    due_.resize(std::max<std::size_t>(due_.size(), awake.size() * ring()));
    listed_ = static_cast<std::int64_t>(awake.size());
    for (std::int64_t k = 0; k < listed_; ++k) {
      const std::int64_t* const delays = of_.as.delays + awake[k] * pre_;
      const std::int64_t oldest = k < before ? last : now - of_.late.longest;
      for (std::int64_t t = std::max<std::int64_t>(0, oldest); t <= last; ++t)
        for (const std::int32_t* i = sent.begin(t); i != sent.end(t); ++i) {
          const std::int64_t arrives = t + delays[*i];
          if (arrives >= now) due_[k * ring() + arrives % ring()].push_back(*i);
        }
    }
  }

  const Of& of_;
  const GraphKernels<F>& kernels_ = kernels().graph(F());
  const std::int64_t pre_, width_;
  const bool input_;
  PageRoom<F> sums_;  // [width / kGraphPart][rows, kGraphPart]; row 0: what arrives at step first_
  std::int64_t rows_ = 0, first_ = 0;
  std::vector<std::int64_t> counts_;  // [pre], zero between uses
  std::vector<std::int32_t> who_, steps_;
  std::vector<std::int64_t> starts_;
  std::vector<F> row_;
  std::vector<std::vector<std::int32_t>> due_;  // [awake rows][ring] who arrives, by step modulo ring
  std::int64_t listed_ = 0;                     // how many awake rows have lists
};

}  // namespace snnrun
