// HWP 5.0 documents.
// 본 제품은 한글과컴퓨터의 한글 문서 파일(.hwp) 공개 문서를 참고하여 개발하였습니다.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/compound_file.h"
#include "documents/document.h"
#include "documents/reader.h"

namespace hanok {

// Whether the compound file is an HWP 5.0 document.
bool is_hwp5(const CompoundFile& file);

Result<ReadDocument> read_hwp5(const CompoundFile& file, const std::string& where, const ReadOptions& options);

}  // namespace hanok
