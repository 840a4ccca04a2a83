// Mail (EML, MHTML) as documents.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document.h"

namespace hanok {

// The subject as a heading, who wrote to whom and when, then the text: plain text where the mail offers both. Mails in
// the mail follow in the same way; attachments are named, not read. Error: kLimit.
Result<ReadDocument> read_eml(std::string_view bytes, const std::string& where);

}  // namespace hanok
