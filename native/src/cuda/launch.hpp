// Start a body for many indices, or for many teams: on the device, or, compiled without nvcc, one
// after the other on the host, which is how tests run the kernels without a device.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "team.hpp"

#define SNNRUN_EXPORT extern "C" __attribute__((visibility("default")))

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Fast memory that a team may ask for on every device.
constexpr std::int64_t kFastBytes = 48 * 1024;

#ifdef __CUDACC__

template <class Body>
__global__ void __launch_bounds__(kTeam) run_each(Body body, std::int64_t count) {
  const std::int64_t i = blockIdx.x * std::int64_t(kTeam) + threadIdx.x;
  if (i < count) body(i);
}

template <class Body>
__global__ void __launch_bounds__(kTeam) run_teams(Body body) {
  extern __shared__ double fast[];
  body(Team(reinterpret_cast<char*>(fast)), blockIdx.x);
}

template <class Body>
void launch_each(std::int64_t count, const Body& body, void* stream) {
  const auto blocks = static_cast<unsigned>((count + kTeam - 1) / kTeam);
  if (blocks) run_each<<<blocks, kTeam, 0, static_cast<cudaStream_t>(stream)>>>(body, count);
}

template <class Body>
void launch_teams(std::int64_t teams, std::int64_t bytes, const Body& body, void* stream) {
  const auto size = static_cast<std::size_t>(kPartialBytes + bytes);
  const auto blocks = static_cast<unsigned>(teams);
  if (blocks) run_teams<<<blocks, kTeam, size, static_cast<cudaStream_t>(stream)>>>(body);
}

/// What went wrong with the launches of this thread, null = nothing.
inline const char* launch_error() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

#else

template <class Body>
void launch_each(std::int64_t count, const Body& body, void*) {
  for (std::int64_t i = 0; i < count; ++i) body(backwards ? count - 1 - i : i);
}

inline const char* refused = nullptr;

template <class Body>
void launch_teams(std::int64_t teams, std::int64_t bytes, const Body& body, void*) {
  const auto size = static_cast<std::size_t>(kPartialBytes + bytes);
  if (kPartialBytes + bytes > kFastBytes) refused = "a device has less fast memory";
  std::vector<double> fast(size / sizeof(double) + 1);
  for (std::int64_t i = 0; i < teams; ++i)
    body(Team(reinterpret_cast<char*>(fast.data())), backwards ? teams - 1 - i : i);
}

inline const char* launch_error() { return std::exchange(refused, nullptr); }

#endif

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
