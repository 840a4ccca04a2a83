// Fuzzes the chat template interpreter: any template gives a text or an error, within its limits.
#include <cstddef>
#include <cstdint>
#include <string>

#include "text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const auto parsed = hanok::ChatTemplate::parse(std::string(reinterpret_cast<const char*>(data), n_bytes));
  if (!parsed) return 0;
  hanok::ChatTemplate::Input input;
  input.messages = {{{"role", "user"}, {"content", "안녕"}}};
  volatile bool rendered = parsed->render(input).has_value();
  (void)rendered;
  return 0;
}
