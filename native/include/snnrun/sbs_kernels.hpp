// The inner loops of Spike-By-Spike layers, compiled once for each CPU level.
#pragma once
#include <cstdint>

namespace snnrun {

constexpr float kLeast = 1e-10F;   // a spike whose A, times the scale, is no larger changes nothing
constexpr float kLargest = 1e10F;  // of a scale, the sum of h; then h is normalised

/// Which random numbers: those of kernels/sbs/draw.py.
struct SbsCounter {
  std::uint64_t key;
  std::uint32_t position;
  std::int64_t sample;
  bool joint;
};

/// Room for the tables of a draw.
struct SbsTables {
  std::uint32_t* limits;  // [inputs + kSbsSlack]
  std::uint32_t* guide;   // [2^kSbsGuideBits + kSbsSlack]
};
constexpr int kSbsGuideBits = 13;
constexpr std::int64_t kSbsSlack = 16;  // tables are written in whole vectors
constexpr std::int64_t kSbsBlock = 64;  // spikes are drawn in whole blocks

/// A few populations that go through their spikes together.
struct SbsTeam {
  std::int64_t steps, inputs, neurons, vectors;  // vectors: of a row of weights
  const float* weights;  // [inputs + 1, vectors of lanes], zeros beyond the neurons and in a last
                         // row, which is the input of a spike that does not exist
  const std::uint32_t* spikes;  // [members, stride]
  std::int64_t stride;
  const float* eps_t;         // [steps]
  const float* const* eps;    // of each member: [inputs + 1] if by_input, else [1]
  bool by_input;
  float forgetting;
  float* const* h;  // of each member [neurons], or null for a member that does not exist
  float* room;      // [members, vectors of lanes]
};

/// A block of populations whose gradient is taken together: sbs_gradient.hpp. Sizes are
/// padded with zeros: `inputs` to whole panels, `rows` and `neurons` to whole tiles.
struct SbsBlock {
  std::int64_t rows, inputs, neurons;  // rows <= kSbsRows
  const float* weights;  // [neurons, inputs], transposed
  const float* h;        // [rows, neurons]
  const float* signal;   // [rows, neurons] h g
  const float* shares;   // [rows, inputs] I
  float* quotient;       // [rows, inputs] out, Q
  float* on_weights;     // [neurons, inputs] added to, or null
};
constexpr std::int64_t kSbsRows = 32, kSbsTile = 4;

struct SbsKernels {
  std::int64_t lanes;
  /// How many populations a team has, for rows of so many vectors.
  std::int64_t (*members)(std::int64_t vectors);
  void (*move)(const SbsTeam& team);
  /// Draw spikes [steps, up to whole blocks] from a patch [inputs]; `inputs` is no spike.
  void (*draw)(const float* patch, std::int64_t inputs, const SbsCounter& counter,
               std::int64_t steps, const SbsTables& tables, std::uint32_t* spikes);
  std::int64_t panel;  // to a multiple of which inputs are padded
  void (*gradient)(const SbsBlock& block);
};

}  // namespace snnrun
