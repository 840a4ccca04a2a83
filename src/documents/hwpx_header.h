// Contents/header.xml of HWPX: paragraph shapes, styles, numberings and bullets.
#pragma once

#include <map>
#include <string>

#include <pugixml.hpp>

#include "documents/hwp_doc_info.h"

namespace hanok {

struct HwpxHeader {
  std::map<int64_t, HwpParaShape> para_shapes;
  std::map<int64_t, std::string> style_names;
  std::map<int64_t, Numbering> numberings;
  std::map<int64_t, std::string> bullets;

  static HwpxHeader read(const pugi::xml_document& xml);
};

NumberFormat hwpx_number_format(std::string_view name);

}  // namespace hanok
