// The other programs that the readers of documents use.
#pragma once

#include <atomic>
#include <string>

namespace hanok {

// Which of them are there, with what they need, as a text that changes when that does: then a document may read better
// than before. `cancel` may be null.
std::string helpers_found(const std::atomic<bool>* cancel);

}  // namespace hanok
