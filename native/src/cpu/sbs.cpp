// Spike-By-Spike layers: teams of populations, which threads take.
#include "snnrun/sbs.hpp"

#include <algorithm>
#include <vector>

#include "sbs_patches.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

std::int64_t in_blocks(std::int64_t steps) {
  return (steps + kSbsBlock - 1) / kSbsBlock * kSbsBlock;
}

/// The spikes of populations, whatever they come from. `inputs` stands for no spike.
class Spikes {
 public:
  Spikes(const SbsLayer& layer, int threads) : layer_(layer) {
    const SbsSource& source = layer.source;
    if (!source.joint || source.given) return;
    const std::int64_t steps = layer.steps.steps, room = in_blocks(steps);
    joint_.resize(layer.x.batch * room);
    parallel_for(layer.x.batch, threads, [&](std::int64_t image) {
      std::uint32_t* to = joint_.data() + image * room;
      draw(whole_image(layer.x, image), counter(image, 0), to);
    });
  }

  /// Put the spikes of a population to [steps, up to whole blocks].
  void fill(std::int64_t population, std::uint32_t* to) const {
    const std::int64_t steps = layer_.steps.steps, places = layer_.geometry.places();
    const std::int64_t image = population / places, place = population % places;
    const auto nothing = static_cast<std::uint32_t>(layer_.inputs());
    if (layer_.source.given) {
      const std::int64_t* from = layer_.source.given + population * steps;
      const std::int64_t* end = std::find_if(from, from + steps, [](auto s) { return s < 0; });
      std::fill(std::copy(from, end, to), to + steps, nothing);
    } else if (layer_.source.joint) {
      const std::uint32_t* from = joint_.data() + image * in_blocks(steps);
      std::fill(seen_from(layer_.x, layer_.geometry, place, from, steps, to), to + steps, nothing);
    } else {
      thread_local std::vector<float> patch;
      patch.resize(layer_.inputs());
      copy_patch(layer_.x, layer_.geometry, image, place, patch.data());
      draw(patch, counter(image, place), to);
    }
  }

 private:
  SbsCounter counter(std::int64_t image, std::int64_t place) const {
    const SbsSource& source = layer_.source;
    return {source.key, static_cast<std::uint32_t>(place),
            source.samples ? source.samples[image] : image, source.joint};
  }

  void draw(const std::vector<float>& patch, const SbsCounter& counter, std::uint32_t* to) const {
    thread_local std::vector<std::uint32_t> limits, guide((1 << kSbsGuideBits) + kSbsSlack);
    limits.resize(std::max(limits.size(), patch.size() + kSbsSlack));
    kernels().sbs.draw(patch.data(), static_cast<std::int64_t>(patch.size()), counter,
                       layer_.steps.steps, {limits.data(), guide.data()}, to);
  }

  const SbsLayer& layer_;
  std::vector<std::uint32_t> joint_;  // [batch, steps] of whole images
};

/// One population of pooling: a spike moves the h of its own channel, and a / A is 1 there. With
/// h = (own + shared) / scale, of which `shared` is what forgetting gave to all.
struct Pooled {
  float* own;  // [channels]
  std::int64_t channels, area;
  float scale = 1, shared = 0;

  void begin() { std::fill(own, own + channels, 1.0F / static_cast<float>(channels)); }

  void spike(std::int64_t input, float e, float forgetting) {
    float& h = own[input / area];
    if (!(h + shared > kLeast * static_cast<float>(area))) return;
    const float size = scale * e;
    h += size;
    shared += size * forgetting / static_cast<float>(channels);
    scale += size * (1 + forgetting);
    if (scale > kLargest) normalise();
  }

  void normalise() {
    for (std::int64_t c = 0; c < channels; ++c) own[c] = (own[c] + shared) / scale;
    scale = 1, shared = 0;
  }
};

/// Rows of a matrix padded to whole vectors, and a row of zeros after the last one.
std::vector<float> padded(const float* rows, std::int64_t count, std::int64_t width,
                          std::int64_t stride) {
  std::vector<float> out((count + 1) * stride, 0.0F);
  for (std::int64_t r = 0; r < count; ++r)
    std::copy_n(rows + r * width, width, out.data() + r * stride);
  return out;
}

/// What a thread needs to run a team.
struct Workplace {
  std::vector<std::uint32_t> spikes;
  std::vector<float> room;
  std::vector<float*> h;
  std::vector<const float*> eps;
};

}  // namespace

void sbs_spikes(const SbsLayer& layer, std::int64_t* to, int threads) {
  const Spikes spikes(layer, threads);
  const std::int64_t steps = layer.steps.steps, chunk = 8;
  parallel_for((layer.populations() + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    std::vector<std::uint32_t> row(in_blocks(steps));
    const std::int64_t end = std::min(layer.populations(), (task + 1) * chunk);
    for (std::int64_t p = task * chunk; p < end; ++p) {
      spikes.fill(p, row.data());
      for (std::int64_t t = 0; t < steps; ++t)
        to[p * steps + t] = row[t] < layer.inputs() ? static_cast<std::int64_t>(row[t]) : -1;
    }
  });
}

void sbs_forward(const SbsLayer& layer, const float* weights, std::int64_t neurons, float* h,
                 int threads) {
  const SbsKernels& kernels = snnrun::kernels().sbs;
  const SbsSteps& steps = layer.steps;
  const std::int64_t inputs = layer.inputs(), places = layer.geometry.places();
  const std::int64_t vectors = (neurons + kernels.lanes - 1) / kernels.lanes;
  const std::int64_t row = vectors * kernels.lanes, members = kernels.members(vectors);
  const std::int64_t width = steps.by_input ? inputs : 1, stride = in_blocks(steps.steps);
  const std::vector<float> rows = padded(weights, inputs, neurons, row);
  const std::vector<float> eps = padded(steps.eps_xy, places * width, 1, 1);
  const Spikes spikes(layer, threads);
  parallel_for((layer.populations() + members - 1) / members, threads, [&](std::int64_t task) {
    thread_local Workplace here;
    here.spikes.resize(std::max<std::size_t>(here.spikes.size(), members * stride));
    here.room.resize(std::max<std::size_t>(here.room.size(), members * row));
    here.h.assign(members, nullptr);
    here.eps.assign(members, eps.data());
    for (std::int64_t m = 0; m < members; ++m) {
      const std::int64_t p = task * members + m;
      std::uint32_t* mine = here.spikes.data() + m * stride;
      if (p >= layer.populations()) {
        std::fill(mine, mine + stride, static_cast<std::uint32_t>(inputs));
        continue;
      }
      spikes.fill(p, mine);
      here.h[m] = h + p * neurons;
      here.eps[m] = eps.data() + p % places * width;
    }
    kernels.move({steps.steps, inputs, neurons, vectors, rows.data(), here.spikes.data(), stride,
                  steps.eps_t, here.eps.data(), steps.by_input, steps.forgetting, here.h.data(),
                  here.room.data()});
  });
}

void sbs_pooling(const SbsLayer& layer, float* h, int threads) {
  const SbsSteps& steps = layer.steps;
  const std::int64_t inputs = layer.inputs(), places = layer.geometry.places(), chunk = 8;
  const Spikes spikes(layer, threads);
  parallel_for((layer.populations() + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    std::vector<std::uint32_t> row(in_blocks(steps.steps));
    const std::int64_t end = std::min(layer.populations(), (task + 1) * chunk);
    for (std::int64_t p = task * chunk; p < end; ++p) {
      spikes.fill(p, row.data());
      const float* eps = steps.eps_xy + p % places * (steps.by_input ? inputs : 1);
      Pooled pooled = {h + p * layer.x.channels, layer.x.channels, layer.geometry.area()};
      pooled.begin();
      for (std::int64_t t = 0; t < steps.steps && row[t] < inputs; ++t)
        pooled.spike(row[t], steps.eps_t[t] * eps[steps.by_input ? row[t] : 0], steps.forgetting);
      pooled.normalise();
    }
  });
}

}  // namespace snnrun
