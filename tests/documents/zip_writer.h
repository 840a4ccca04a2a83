// ZIP archives for tests, in memory.
#pragma once

#include <map>
#include <string>

#include <zip.h>

namespace hanok::testing {

using Members = std::map<std::string, std::string>;

// With the mimetype first and unpacked, as the formats that have one want it.
inline std::string zipped(const Members& members, zip_int32_t method = ZIP_CM_DEFAULT) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(source);
  zip_t* archive = zip_open_from_source(source, ZIP_TRUNCATE, &error);
  const auto add = [&](const std::string& name, const std::string& text, zip_int32_t how) {
    const zip_int64_t idx =
        zip_file_add(archive, name.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(idx), how, 0);
  };
  if (const auto type = members.find("mimetype"); type != members.end()) add(type->first, type->second, ZIP_CM_STORE);
  for (const auto& [name, text] : members)
    if (name != "mimetype") add(name, text, method);
  zip_close(archive);
  zip_source_open(source);
  zip_source_seek(source, 0, SEEK_END);
  std::string out(static_cast<size_t>(zip_source_tell(source)), '\0');
  zip_source_seek(source, 0, SEEK_SET);
  zip_source_read(source, out.data(), out.size());
  zip_source_close(source);
  zip_source_free(source);
  zip_error_fini(&error);
  return out;
}

}  // namespace hanok::testing
