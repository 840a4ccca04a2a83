// The example stories: what offices write, one feature or two in each.
#include <fmt/format.h>

#include "documents/story.h"

namespace hanok::testing {
namespace {

using Kind = StoryObject::Kind;

StoryObject note(Kind kind, const std::string& text) {
  return {.kind = kind, .inside = {{text}}};
}

StoryCell cell_of(uint16_t row, uint16_t column, const std::string& text, uint16_t row_span = 1,
                  uint16_t column_span = 1) {
  return {{column, row, column_span, row_span}, {{text}}};
}

Story letter() {
  return {
      {{"한옥마을 보전 계획 시행 알림"},
       {"수신:\t각 읍면동장\n참조:\t문화유산 담당"},
       {"귀 기관의 무궁한 발전을 기원합니다. 전통 가옥의 지붕과 담장을 고치는 비용을 지원하오니, 대상이 되는 주민이 "
        "빠짐없이 신청할 수 있도록 마을 방송과 게시판으로 널리 알려 주시기 바랍니다."},
       {"지원 금액은 가구당 최대 5,000,000원이며(자부담 20% 이상), 신청 기간은 2026. 3. 2.부터 4. 30.까지입니다."},
       {""},
       {"「한옥 등 건축자산의 진흥에 관한 법률」 제3조 · 大韓民國 ㎡ ① ★ A<B & C"},
       {"제출처\xC2\xA0: 시청 문화유산과 끝."}}};
}

StoryObject merged_table() {
  StoryObject table{.kind = Kind::kTable, .n_rows = 4, .n_columns = 3};
  table.cells = {cell_of(0, 0, "구분", 2),
                 cell_of(0, 1, "지원 내역", 1, 2),
                 cell_of(1, 1, "지붕"),
                 cell_of(1, 2, "담장"),
                 cell_of(2, 0, "1동"),
                 cell_of(2, 1, "300만 원"),
                 cell_of(2, 2, ""),
                 cell_of(3, 0, "합계"),
                 cell_of(3, 1, "1,300만 원", 1, 2)};
  return table;
}

Story merged_tables() {
  StoryObject steps{.kind = Kind::kTable, .n_rows = 2, .n_columns = 2};
  steps.cells = {cell_of(0, 0, "단계"), cell_of(0, 1, "할 일"), cell_of(1, 0, "신청"), cell_of(1, 1, "")};
  steps.cells[3].inside = {{"신청서 작성"}, {"사진 두 장"}, {"견적서"}};
  return {{{"동별 지원 내역은 다음과 같다."},
           {"", {merged_table()}},
           {"절차는 아래 표를 따른다."},
           {"", {steps}},
           {"이상."}}};
}

Story nested_tables() {
  StoryObject innermost{.kind = Kind::kTable, .n_rows = 1, .n_columns = 2};
  innermost.cells = {cell_of(0, 0, "기와"), cell_of(0, 1, "암키와 열 장")};
  StoryObject inner{.kind = Kind::kTable, .n_rows = 2, .n_columns = 2};
  inner.cells = {cell_of(0, 0, "재료"), cell_of(0, 1, "수량"), cell_of(1, 0, "지붕"), cell_of(1, 1, "")};
  inner.cells[3].inside = {{"", {innermost}}};
  StoryObject outer{.kind = Kind::kTable, .n_rows = 2, .n_columns = 2};
  outer.cells = {cell_of(0, 0, "집"), cell_of(0, 1, "고칠 곳"), cell_of(1, 0, "안채"), cell_of(1, 1, "")};
  outer.cells[3].inside = {{"아래와 같이 고친다."}, {"", {inner}}, {"비용은 따로 정한다."}};
  return {{{"수리 명세"}, {"", {outer}}, {"명세 끝."}}};
}

Story captioned_table() {
  StoryObject table = merged_table();
  table.caption = "<동별 지원 내역> 표 ";
  table.caption_number = 1;
  table.is_caption_above = true;
  return {{{"지원 내역은 표 1과 같으며, 예산의 범위에서 바뀔 수 있다."},
           {"", {table}},
           {"금액은 가구당 가장 많이 받을 수 있는 돈이고, 자부담은 따로 정한다."}}};
}

Story footnotes() {
  return {{{"한옥은 나무와 흙으로 짓는다.", {note(Kind::kFootnote, "기둥과 보는 소나무를 주로 쓴다.")}},
           {"온돌은 방바닥을 데우는 난방이다.", {note(Kind::kFootnote, "불길이 지나는 길을 고래라고 한다.")}},
           {"마루는 여름에 시원하다."}}};
}

Story endnotes() {
  return {{{"온돌은 방바닥을 데우는 난방이다.", {note(Kind::kEndnote, "국가무형문화유산이다.")}},
           {"마루는 여름에 시원하다."}}};
}

Story margins() {
  return {
      {{"안내문",
        {{.kind = Kind::kHeader, .inside = {{"한옥마을 소식"}}}, {.kind = Kind::kFooter, .inside = {{"문화유산과"}}}}},
       {"마을 여러분께 알립니다."},
       {"고맙습니다."}}};
}

Story boxes() {
  return {
      {{"마을 여러분께 알립니다.", {{.kind = Kind::kBox, .inside = {{"꼭 읽으세요"}, {"신청은 한 번만 받습니다."}}}}},
       {"고맙습니다."}}};
}

Story captioned_box() {
  StoryObject box{.kind = Kind::kBox, .inside = {{"대청마루에서 본 안마당"}}, .caption = "그림 ", .caption_number = 1};
  return {{{"사진은 아래와 같습니다.", {box}}, {"고맙습니다."}}};
}

Story equations() {
  return {{{"지붕의 길이는 다음 식으로 구한다."},
           {"", {{.kind = Kind::kEquation, .script = "c = sqrt {a^2 + b^2}"}}},
           {"여기에서 a는 너비의 반이다."}}};
}

Story numbering() {
  return {{{"총칙", {}, StoryShape::kChapter},
           {"목적", {}, StoryShape::kArticle},
           {"이 규정은 한옥을 지키는 데에 쓰인다."},
           {"정의", {}, StoryShape::kArticle},
           {"한옥이란 다음 각 호를 갖춘 집을 말한다."},
           {"나무로 된 뼈대", {}, StoryShape::kNumber},
           {"기둥", {}, StoryShape::kSubNumber},
           {"보", {}, StoryShape::kSubNumber},
           {"흙으로 된 벽", {}, StoryShape::kNumber},
           {"지원", {}, StoryShape::kChapter},
           {"신청", {}, StoryShape::kArticle},
           {"신청서", {}, StoryShape::kBullet},
           {"사진", {}, StoryShape::kBullet}}};
}

StoryText chapter(int number, int n_pages) {
  StoryText out;
  for (int page = 1; page <= n_pages; ++page) {
    out.push_back({fmt::format("제{}편 {}쪽의 제목", number, page), {}, StoryShape::kPlain, page > 1});
    for (int line = 1; line <= 12; ++line)
      out.push_back(
          {fmt::format("{}편 {}쪽 {}째 문단: 처마의 깊이는 해의 높이에 맞추어 여름에는 볕을 가리고 겨울에는 들인다.",
                       number, page, line)});
  }
  return out;
}

}  // namespace

std::vector<NamedStory> example_stories() {
  return {{"letter", letter()},
          {"merged-tables", merged_tables()},
          {"nested-tables", nested_tables()},
          {"captioned-table", captioned_table()},
          {"footnotes", footnotes()},
          {"endnotes", endnotes()},
          {"margins", margins()},
          {"boxes", boxes()},
          {"captioned-box", captioned_box()},
          {"equations", equations()},
          {"numbering", numbering()},
          {"sections-and-pages", {chapter(1, 3), chapter(2, 2)}}};
}

}  // namespace hanok::testing
