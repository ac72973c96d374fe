// How fast this processor is: what the limits in sbs_step.py are taken from.
//
//     g++ -O3 -march=native -shared -fPIC sbs_probe.cpp -o probe.so
#include <chrono>
#include <cstdint>
#include <vector>

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX2__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif
typedef float Vector __attribute__((vector_size(kBytes)));

template <class Loop>
double least_seconds(const Loop& loop) {
  double least = 1e9;
  for (int round = 0; round < 400; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    loop();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (took.count() < least) least = took.count();
  }
  return least;
}

extern "C" int vector_bytes() { return kBytes; }

/// Cycles a second: in a chain of products of whole numbers each takes three. (Chains of sums will
/// not do: some processors fold several of these into one cycle.)
extern "C" double cycles() {
  const std::int64_t count = 30000;
  return 3 * count / least_seconds([&] {
    std::int64_t x = 1;
    for (std::int64_t i = 0; i < count; i += 10)
      for (int k = 0; k < 10; ++k) asm volatile("imul $3, %0, %0" : "+r"(x));
  });
}

/// Multiplications and additions a second, of independent chains in registers.
extern "C" double flops() {
  const std::int64_t count = 20000;
  Vector sum[12] = {};
  const double seconds = least_seconds([&] {
    Vector a = Vector{} + 0.5F, b = Vector{} + 0.25F;
    asm volatile("" : "+x"(a), "+x"(b));
    for (std::int64_t i = 0; i < count; ++i)
      for (Vector& s : sum) s = s * a + b;
    for (Vector& s : sum) asm volatile("" : "+x"(s));
  });
  return count * 12 * 2.0 * kBytes / 4 / seconds;
}

/// Bytes a second that are read from an array of this size, again and again.
extern "C" double bytes_read(std::int64_t size) {
  std::vector<float> data(size / 4 + kBytes, 1.0F);
  const float* from = data.data();
  const std::int64_t rounds = 1 + 1000000 / size, step = 8 * kBytes / 4;
  const double seconds = least_seconds([&] {
    for (std::int64_t round = 0; round < rounds; ++round)
      for (std::int64_t i = 0; i + step <= size / 4; i += step)
        for (int k = 0; k < 8; ++k) {
          Vector v;
          __builtin_memcpy(&v, from + i + k * kBytes / 4, kBytes);
          asm volatile("" : : "x"(v));
        }
  });
  return static_cast<double>(rounds) * (size / 4 / step * step) * 4 / seconds;
}
