// Memory for long arrays that come and go: taken from the system once, in huge pages, and kept.
#pragma once
#include <cstddef>

namespace snnrun {

/// At least so many bytes, aligned to 64; what is in them is left to chance. Throws std::bad_alloc.
///
/// Memory that was given back is taken again if it fits. Of what is idle, only so much is kept that
/// all together is never more than what was once in use together.
void* take_pages(std::size_t bytes);

/// Give memory of take_pages back.
void give_pages(void* memory) noexcept;

}  // namespace snnrun
