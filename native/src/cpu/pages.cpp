#include "snnrun/pages.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <new>
#include <unordered_map>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <sys/mman.h>
#define SNNRUN_CAN_MAP 1
#endif

namespace snnrun {
namespace {

constexpr std::size_t kHuge = std::size_t{2} << 20, kSmall = std::size_t{64} << 10;

/// Whole huge pages, or, of what fills none, whole small ones.
std::size_t rounded(std::size_t bytes) {
  const std::size_t unit = bytes < kHuge ? kSmall : kHuge;
  return (bytes + unit - 1) / unit * unit;
}

void* map(std::size_t bytes) {
#ifdef SNNRUN_CAN_MAP
  // A little more, so that there is a start on the border of a huge page.
  void* found = mmap(nullptr, bytes + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
  if (found == MAP_FAILED) throw std::bad_alloc();
  char* start = static_cast<char*>(found);
  const std::size_t before = (kHuge - reinterpret_cast<std::size_t>(start) % kHuge) % kHuge;
  if (before) munmap(start, before);
  if (before < kHuge) munmap(start + before + bytes, kHuge - before);
#ifdef MADV_HUGEPAGE
  if (bytes >= kHuge) madvise(start + before, bytes, MADV_HUGEPAGE);
#endif
  return start + before;
#else
  return ::operator new(bytes, std::align_val_t(64));
#endif
}

void unmap(void* memory, std::size_t bytes) noexcept {
#ifdef SNNRUN_CAN_MAP
  munmap(memory, bytes);
#else
  ::operator delete(memory, std::align_val_t(64));
  static_cast<void>(bytes);
#endif
}

class Pages {
 public:
  void* take(std::size_t wanted) {
    const std::size_t bytes = rounded(wanted);
    const std::lock_guard<std::mutex> lock(mutex_);
    const Part part = idle_that_fits(bytes);
    const Part found = part.memory ? part : fresh(bytes);
    sizes_[found.memory] = found.bytes;
    used_ += found.bytes;
    most_ = std::max(most_, used_);
    return found.memory;
  }

  /// Held over a fork, so that the child never finds it half done.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  void give(void* memory) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = sizes_.find(memory);
    const std::size_t bytes = found->second;
    sizes_.erase(found);
    used_ -= bytes;
    try {
      idle_.push_front({memory, bytes});
      idle_bytes_ += bytes;
    } catch (const std::bad_alloc&) {
      unmap(memory, bytes);
    }
  }

 private:
  struct Part {
    void* memory;
    std::size_t bytes;
  };

  /// The smallest idle memory that fits and is not much too large, no longer idle; or null.
  Part idle_that_fits(std::size_t bytes) {
    auto best = idle_.end();
    for (auto each = idle_.begin(); each != idle_.end(); ++each)
      if (each->bytes >= bytes && each->bytes <= bytes + bytes / 4 &&
          (best == idle_.end() || each->bytes < best->bytes))
        best = each;
    if (best == idle_.end()) return {nullptr, 0};
    const Part found = *best;
    idle_bytes_ -= found.bytes;
    idle_.erase(best);
    return found;
  }

  /// Memory from the system; before, what was idle longest goes back to it.
  Part fresh(std::size_t bytes) {
    while (!idle_.empty() && used_ + bytes + idle_bytes_ > most_) drop_oldest();
    try {
      return {map(bytes), bytes};
    } catch (const std::bad_alloc&) {
      while (!idle_.empty()) drop_oldest();
      return {map(bytes), bytes};
    }
  }

  void drop_oldest() {
    unmap(idle_.back().memory, idle_.back().bytes);
    idle_bytes_ -= idle_.back().bytes;
    idle_.pop_back();
  }

  std::mutex mutex_;
  std::list<Part> idle_;  // what was given back last comes first
  std::unordered_map<void*, std::size_t> sizes_;
  std::size_t used_ = 0, idle_bytes_ = 0, most_ = 0;
};

/// Never destroyed: arrays may outlive everything else.
Pages& pages() {
  static Pages* all = [] {
    Pages* made = new Pages;
#ifdef SNNRUN_CAN_MAP
    pthread_atfork([] { pages().lock(); }, [] { pages().unlock(); }, [] { pages().unlock(); });
#endif
    return made;
  }();
  return *all;
}

}  // namespace

void* take_pages(std::size_t bytes) { return pages().take(bytes); }
void give_pages(void* memory) noexcept { pages().give(memory); }

}  // namespace snnrun
