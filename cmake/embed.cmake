# hanok_embed(target file function): compiles the file's text into the target as `std::string_view hanok::function()`.
function(hanok_embed target file function)
  set(source ${CMAKE_BINARY_DIR}/generated/${function}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${source} CONTENT [==[
// The text of a file of this project.
#include <string_view>

namespace hanok {
std::string_view @function@();
std::string_view @function@() {
  static constexpr char kText[] = R"hanok(@text@)hanok";
  return {kText, sizeof kText - 1};
}
}  // namespace hanok
]==] @ONLY)
  target_sources(${target} PRIVATE ${source})
  target_compile_options(${target} PRIVATE -Wno-overlength-strings)
endfunction()
