// The gradient of Spike-By-Spike layers: parts of the batch, which threads take.
#include "snnrun/sbs_gradient.hpp"

#include <algorithm>
#include <vector>

#include "sbs_patches.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr float kTiny = 1e-20F;
constexpr std::int64_t kMostParts = 16, kMostFloats = 1 << 23;  // of sums kept apart

std::int64_t up_to(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

/// Sizes padded as the kernels want them, and the weights turned.
struct Padded {
  explicit Padded(const SbsGradient& y)
      : inputs(up_to(y.inputs(), kernels().sbs.panel)),
        neurons(up_to(y.neurons, kSbsTile)),
        weights(inputs * neurons, 0.0F) {
    for (std::int64_t s = 0; s < y.inputs(); ++s)
      for (std::int64_t n = 0; n < y.neurons; ++n)
        weights[n * inputs + s] = y.weights[s * y.neurons + n];
  }

  std::int64_t inputs, neurons;
  std::vector<float> weights;  // [neurons, inputs]
};

/// The gradient of some images, a block of populations at a time.
class Part {
 public:
  Part(const SbsGradient& y, const Padded& padded)
      : y_(y),
        padded_(padded),
        h_(kSbsRows * padded.neurons, 0.0F),
        signal_(h_),
        shares_(kSbsRows * padded.inputs, 0.0F),
        quotient_(shares_) {
    if (y.on_weights) on_weights.assign(padded.inputs * padded.neurons, 0.0F);
  }

  void run(std::int64_t first_image, std::int64_t end_image) {
    const std::int64_t places = y_.geometry.places(), end = end_image * places;
    for (std::int64_t p = first_image * places; p < end; p += kSbsRows) {
      const std::int64_t count = std::min(kSbsRows, end - p), rows = up_to(count, kSbsTile);
      for (std::int64_t row = 0; row < rows; ++row) read(p + row, row, row < count);
      kernels().sbs.gradient({rows, padded_.inputs, padded_.neurons, padded_.weights.data(),
                            h_.data(), signal_.data(), shares_.data(), quotient_.data(),
                            y_.on_weights ? on_weights.data() : nullptr});
      for (std::int64_t row = 0; row < count; ++row) write(p + row, row);
    }
  }

  std::vector<float> on_weights;  // [neurons, inputs], padded

 private:
  void read(std::int64_t population, std::int64_t row, bool exists) {
    float *h = &h_[row * padded_.neurons], *signal = &signal_[row * padded_.neurons];
    float* shares = &shares_[row * padded_.inputs];
    if (!exists) {
      std::fill_n(h, padded_.neurons, 0.0F);
      std::fill_n(signal, padded_.neurons, 0.0F);
      std::fill_n(shares, padded_.inputs, 0.0F);
      return;
    }
    for (std::int64_t n = 0; n < y_.neurons; ++n) {
      h[n] = y_.h[population * y_.neurons + n];
      signal[n] = h[n] * y_.upstream[population * y_.neurons + n];
    }
    const std::int64_t places = y_.geometry.places(), inputs = y_.inputs();
    copy_patch(y_.x, y_.geometry, population / places, population % places, shares);
    float total = kTiny;
    for (std::int64_t s = 0; s < inputs; ++s) total += shares[s];
    for (std::int64_t s = 0; s < inputs; ++s) shares[s] /= total;
  }

  void write(std::int64_t population, std::int64_t row) {
    const std::int64_t inputs = y_.inputs(), places = y_.geometry.places();
    const std::int64_t image = population / places, place = population % places;
    float* quotient = &quotient_[row * padded_.inputs];
    const float* shares = &shares_[row * padded_.inputs];
    for (std::int64_t s = 0; y_.surplus && s < inputs; ++s)
      y_.surplus[population * inputs + s] = shares[s] * quotient[s];
    if (!y_.on_x) return;
    for (std::int64_t s = 0; y_.phi && s < inputs; ++s) quotient[s] *= y_.phi[place * inputs + s];
    const std::int64_t pixels = y_.x.size[0] * y_.x.size[1] * y_.x.channels;
    add_patch(y_.x, y_.geometry, place, quotient, y_.on_x + image * pixels);
  }

  const SbsGradient& y_;
  const Padded& padded_;
  std::vector<float> h_, signal_, shares_, quotient_;  // of a block
};

}  // namespace

void sbs_gradient(const SbsGradient& y, int threads) {
  if (y.x.batch == 0 || y.inputs() == 0) {  // nothing was seen
    if (y.on_weights) std::fill_n(y.on_weights, y.inputs() * y.neurons, 0.0F);
    return;
  }
  const Padded padded(y);
  const std::int64_t size = padded.inputs * padded.neurons;
  const std::int64_t most = std::clamp(kMostFloats / size, std::int64_t(1), kMostParts);
  const std::int64_t places = y.geometry.places();
  const std::int64_t images = std::max((y.x.batch + most - 1) / most, kSbsRows / places);
  std::vector<Part> parts;
  for (std::int64_t begin = 0; begin < y.x.batch; begin += images) parts.emplace_back(y, padded);
  parallel_for(static_cast<std::int64_t>(parts.size()), threads, [&](std::int64_t task) {
    parts[task].run(task * images, std::min(y.x.batch, (task + 1) * images));
  });
  if (!y.on_weights) return;
  for (std::size_t part = 1; part < parts.size(); ++part)
    for (std::int64_t i = 0; i < size; ++i) parts[0].on_weights[i] += parts[part].on_weights[i];
  for (std::int64_t s = 0; s < y.inputs(); ++s)
    for (std::int64_t n = 0; n < y.neurons; ++n)
      y.on_weights[s * y.neurons + n] = parts[0].on_weights[n * padded.inputs + s];
}

}  // namespace snnrun
