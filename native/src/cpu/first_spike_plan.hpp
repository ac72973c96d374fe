// First spikes: the memory of a forward pass, laid out for the tiles.
#pragma once
#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "snnrun/first_spike.hpp"
#include "snnrun/kernels.hpp"

namespace snnrun {

/// Plain memory, aligned to a cache line, not set to anything.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::int64_t size)
      : data_(static_cast<T*>(::operator new(bytes(size), kLine))) {}
  T* get() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  static std::size_t bytes(std::int64_t size) { return static_cast<std::size_t>(size) * sizeof(T); }
  struct Free {
    void operator()(T* data) const { ::operator delete(data, kLine); }
  };
  std::unique_ptr<T, Free> data_;
};

/// How many parts of a size it takes for the whole.
inline std::int64_t parts(std::int64_t whole, std::int64_t part) {
  return (whole + part - 1) / part;
}

template <class F>
class FirstSpikePlan {
 public:
  using Index = typename FirstSpikeTile<F>::Index;

  FirstSpikePlan(const FirstSpikeShape& shape, const F* arrivals, const F* weights)
      : kernels(snnrun::kernels().first_spike(F())), tile{} {
    FirstSpikeTile<F>& y = tile;
    const std::int64_t lanes = kernels.lanes;
    y.shape = shape;
    y.lanes = lanes;
    const std::int64_t vectors = shape.per_synapse ? 1 : parts(shape.post, lanes);
    y.vectors = vectors > 3 ? 4 : vectors > 1 ? 2 : 1;  // more hide the latency of the recursion
    y.blocks = shape.per_synapse ? 1 : parts(shape.post, y.vectors * lanes);
    y.groups = parts(shape.per_synapse ? shape.batch * shape.post : shape.batch, lanes);
    y.units = shape.per_synapse ? y.groups : shape.batch;
    y.arrivals = arrivals;
    y.weights = shape.per_synapse ? weights : pack(weights);
    const std::int64_t rows = y.groups * shape.pre * lanes;
    const std::int64_t outputs = y.units * y.blocks * y.vectors * lanes;
    y.arrival = numbers(rows + y.groups * lanes);
    y.decay = numbers(rows);
    y.reach = numbers(rows);
    y.sorted = shape.per_synapse ? numbers(rows) : nullptr;
    y.origin = numbers(y.groups * lanes);
    y.on_membrane = numbers(outputs);
    y.on_current = numbers(outputs);
    y.order = indices(rows);
    y.present = indices(y.groups * lanes);
    y.first_tied = indices(y.groups * lanes);
    y.causes = indices(outputs);
  }

  /// Neurons in a block, and numbers in a block of weight gradients.
  std::int64_t width() const {
    return tile.shape.per_synapse ? tile.shape.post : tile.vectors * tile.lanes;
  }
  std::int64_t block_size() const { return (tile.shape.pre + 1) * width(); }

  const FirstSpikeKernels<F>& kernels;
  FirstSpikeTile<F> tile;

 private:
  F* numbers(std::int64_t size) { return numbers_.emplace_back(size).get(); }
  Index* indices(std::int64_t size) { return indices_.emplace_back(size).get(); }

  /// Weights by blocks of neurons: what one tile reads lies together.
  const F* pack(const F* weights) {
    const std::int64_t pre = tile.shape.pre, post = tile.shape.post, wide = width();
    F* packed = numbers(tile.blocks * block_size());
    for (std::int64_t block = 0; block < tile.blocks; ++block) {
      const std::int64_t count = std::min(wide, post - block * wide);
      F* row = packed + block * block_size();
      F* sum = row + pre * wide;
      std::fill_n(sum, wide, F(0));
      for (std::int64_t i = 0; i < pre; ++i, row += wide) {
        const F* from = weights + i * post + block * wide;
        for (std::int64_t m = 0; m < count; ++m) row[m] = from[m], sum[m] += from[m];
        for (std::int64_t m = count; m < wide; ++m) row[m] = F(0);
      }
    }
    return packed;
  }

  std::vector<Buffer<F>> numbers_;
  std::vector<Buffer<Index>> indices_;
};

}  // namespace snnrun
