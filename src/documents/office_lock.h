// DOCX, XLSX and PPTX with a password: compound files that hold the document encrypted (ECMA-376, MS-OFFCRYPTO § 2.3).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "documents/compound_file.h"

namespace hanok {

// Whether the file holds an encrypted package, or a document that rights management guards.
bool is_locked_office(const CompoundFile& file);

// The package, a ZIP archive. Errors: kPassword when one is needed or wrong; kProtected for rights management and
// certificates; kUnsupported for other ciphers; kCorruptFile; kLimit.
Result<std::string> unlock_office(const CompoundFile& file, const std::string& where,
                                  const std::optional<std::string>& password);

}  // namespace hanok
