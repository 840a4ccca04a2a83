#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace hanok {

void check_failed(const char* expression, const char* message, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, expression, message);
  std::abort();
}

}  // namespace hanok
