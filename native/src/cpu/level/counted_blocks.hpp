// Which blocks of numbers are drawn together, and where their numbers go.
#pragma once
#include "philox.hpp"
#include "snnrun/counted.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The blocks from `begin` to `end` in the order of [rows, blocks of a row], sixteen at a time,
/// so that no lane is idle where rows are short.
class Blocks {
 public:
  Blocks(const CountedRows& y, Kind kind, std::int64_t begin, std::int64_t end)
      : y_(y), second_(place_word(kind, 0)), blocks_(y.blocks()), row_(begin / blocks_),
        block_(begin % blocks_), at_(place(begin)), end_(place(end)), rows_on_(kCounters / blocks_),
        blocks_on_(kCounters % blocks_) {}

  /// The counters of the next blocks; false if there are none.
  bool next(Counters& c) {
    if (at_ == end_) return false;
    c.set(1, second_);
    way_ = at_ + 4 * kCounters <= end_ && 4 * (block_ + kCounters) <= y_.count ? Way::along_a_row
           : at_ + kCounters <= end_ && y_.count == 1                          ? Way::down_a_column
                                                                               : Way::mixed;
    if (way_ == Way::along_a_row)
      along_a_row(c);
    else if (way_ == Way::down_a_column)
      down_a_column(c);
    else
      mixed(c);
    row_ += rows_on_, block_ += blocks_on_;
    if (block_ >= blocks_) ++row_, block_ -= blocks_;
    return true;
  }

  /// Write numbers [4, 16], word by word, to where they belong.
  template <class T>
  void write(const T (&numbers)[4][kCounters], T* to) {
    if (way_ == Way::down_a_column) return put(numbers[0], kCounters, to);
    T blocks[kCounters][4];
    for (int i = 0; i < kCounters; ++i)
      for (int w = 0; w < 4; ++w) blocks[i][w] = numbers[w][i];
    if (way_ == Way::along_a_row) return put(blocks, 4 * kCounters, to);
    for (int i = 0; i < kCounters && at_ < end_; ++i) {
      if (at_ + 4 <= end_)
        put(blocks[i], size_[i], to);  // what is too much is overwritten by the next ones
      else
        for (std::int64_t w = 0; w < size_[i]; ++w) to[at_++] = blocks[i][w];
    }
  }

 private:
  enum class Way { along_a_row, down_a_column, mixed };

  std::int64_t place(std::int64_t block) const {
    return block / blocks_ * y_.count + smaller(y_.count, block % blocks_ * 4);
  }

  template <class Numbers, class T>
  void put(const Numbers& numbers, std::int64_t size, T* to) {
    std::memcpy(to + at_, numbers, sizeof numbers);
    at_ += size;
  }

  void along_a_row(Counters& c) {
    c.count_from(0, static_cast<std::uint32_t>(block_));
    c.set(2, low_word(y_.samples[row_]));
    c.set(3, high_word(y_.samples[row_]));
  }

  void down_a_column(Counters& c) {
    std::uint32_t low[kCounters], high[kCounters];
    for (int i = 0; i < kCounters; ++i) low[i] = low_word(y_.samples[row_ + i]);
    for (int i = 0; i < kCounters; ++i) high[i] = high_word(y_.samples[row_ + i]);
    c.set(0, 0), c.read(2, low), c.read(3, high);
  }

  /// Blocks of several rows; beyond the last one they belong to nobody.
  void mixed(Counters& c) {
    std::uint32_t block[kCounters], low[kCounters], high[kCounters];
    std::int64_t row = row_, next = block_;
    for (int i = 0; i < kCounters; ++i) {
      const std::int64_t sample = y_.samples[smaller(row, y_.rows - 1)];
      block[i] = static_cast<std::uint32_t>(next);
      low[i] = low_word(sample), high[i] = high_word(sample);
      size_[i] = smaller<std::int64_t>(4, y_.count - 4 * next);
      const bool last = ++next == blocks_;
      row += last;
      next = last ? 0 : next;
    }
    c.read(0, block), c.read(2, low), c.read(3, high);
  }

  const CountedRows& y_;
  std::uint32_t second_;
  std::int64_t blocks_, row_, block_;
  std::int64_t at_, end_;             // elements of [rows, count]
  std::int64_t rows_on_, blocks_on_;  // sixteen blocks later
  Way way_ = Way::mixed;
  std::int64_t size_[kCounters];
};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
