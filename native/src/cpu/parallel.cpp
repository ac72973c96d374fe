#include "snnrun/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <dlfcn.h>
#include <pthread.h>
#define SNNRUN_CAN_FORK 1
#endif

namespace snnrun {
namespace {

using Task = std::function<void(std::int64_t)>;

class Pool {
 public:
  void run(std::int64_t tasks, int threads, const Task& task) {
    const int helpers = hire(static_cast<int>(std::min<std::int64_t>(threads, tasks)) - 1);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      task_ = &task;
      tasks_ = tasks;
      next_ = 0;
      helpers_ = busy_ = helpers;
      ++round_;
    }
    start_.notify_all();
    take_tasks(task, tasks);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  /// How many of the wanted helpers there are; fewer where the system gives no more threads.
  int hire(int wanted) {
    try {
      while (static_cast<int>(workers_.size()) < wanted)
        workers_.emplace_back(&Pool::work, this, static_cast<int>(workers_.size()), round_);
    } catch (const std::exception&) {  // no more threads, or no memory for them
    }
    return std::min(wanted, static_cast<int>(workers_.size()));
  }

  void take_tasks(const Task& task, std::int64_t tasks) {
    for (std::int64_t i = next_++; i < tasks; i = next_++) task(i);
  }

  [[noreturn]] void work(int index, std::uint64_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      if (index >= helpers_) continue;
      const Task& task = *task_;
      const std::int64_t tasks = tasks_;
      lock.unlock();
      take_tasks(task, tasks);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::vector<std::thread> workers_;
  const Task* task_ = nullptr;
  std::int64_t tasks_ = 0;
  std::atomic<std::int64_t> next_{0};
  int helpers_ = 0;
  int busy_ = 0;
  std::uint64_t round_ = 0;
};

// The pool is never destroyed: its threads sleep until the process ends. Only the thread that
// forked lives on in a child, so the child leaves all threads of before behind and makes its own.
std::atomic<Pool*> pool{nullptr};
std::atomic<bool> taken{false}, forked{false};

void forget_threads() {
  pool = nullptr;
  taken = false;
  forked = true;
}

#ifdef SNNRUN_CAN_FORK
// From the first instant: torch may have used its threads before a kernel has run.
[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, forget_threads);
#endif

Pool& the_pool() {
  if (pool == nullptr) pool = new Pool;
  return *pool;
}

/// GNU OpenMP's entry: run body(data) on all threads of a team.
using Team = void (*)(void (*body)(void*), void* data, unsigned threads, unsigned flags);

/// The OpenMP that torch has brought into this process, if it is GNU's.
///
/// Its threads still wait for work when torch has just used them, and are there anyway: with
/// another pool beside, both would ask for the same cores.
Team torch_team() {
#ifdef SNNRUN_CAN_FORK
  static std::atomic<Team> found{nullptr};
  if (forked) return nullptr;
  if (found == nullptr) found = reinterpret_cast<Team>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  return found;
#else
  return nullptr;
#endif
}

struct Work {
  const Task& task;
  std::int64_t tasks;
  std::atomic<std::int64_t> next{0};

  static void take(void* data) {
    Work& work = *static_cast<Work*>(data);
    for (std::int64_t i = work.next++; i < work.tasks; i = work.next++) work.task(i);
  }
};

/// Tasks of which the first that throws ends the others: nothing may leave a thread of a team.
class Guarded {
 public:
  explicit Guarded(const Task& task) : task_(task) {}

  void operator()(std::int64_t i) {
    if (failed_) return;
    try {
      task_(i);
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
  }

  /// Throw what was thrown, once all tasks have come to their end.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Task& task_;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

/// More threads than this only wait for each other; a few more than cores let tests take turns.
int most_threads() {
  static const int most = std::max(8, static_cast<int>(std::thread::hardware_concurrency()));
  return most;
}

}  // namespace

void keep_own_threads() { forked = true; }

void parallel_for(std::int64_t tasks, int threads, const Task& task) {
  const bool alone = threads <= 1 || tasks <= 1 || taken.exchange(true);
  if (alone) {
    for (std::int64_t i = 0; i < tasks; ++i) task(i);
    return;
  }
  Guarded guarded(task);
  const Task each = std::ref(guarded);
  const int some = std::min(threads, most_threads());
  if (const Team team = torch_team()) {
    Work work{each, tasks};
    team(&Work::take, &work, static_cast<unsigned>(some), 0);
  } else {
    the_pool().run(tasks, some, each);
  }
  taken = false;
  guarded.rethrow();
}

}  // namespace snnrun
