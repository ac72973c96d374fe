// Work on the threads of torch, or of a small persistent pool.
#pragma once
#include <cstdint>
#include <functional>

namespace snnrun {

/// Run task(0), ..., task(tasks - 1) on up to `threads` threads, the caller's among them, but no
/// more than there are cores, or eight.
///
/// Which thread runs a task is left to chance, so results stay the same for any number of threads
/// only if tasks write to separate places and sums over tasks are taken afterwards, in order.
/// What a task throws ends the others, and is thrown again to the caller. A call from inside a
/// task, or while another thread is inside `parallel_for`, runs on the caller's thread alone. After
/// a fork the child starts a new pool.
void parallel_for(std::int64_t tasks, int threads, const std::function<void(std::int64_t)>& task);

/// Never use the threads of torch; for a process that was forked before this module came.
void keep_own_threads();

}  // namespace snnrun
