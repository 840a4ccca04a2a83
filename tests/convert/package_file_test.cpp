// A package's file becomes a GGUF file that the embedder runs; broken ones are refused with what is wrong.
#include "convert/package_file.h"

#include <fstream>

#include "convert/convert_test.h"
#include "convert/e5s1_bytes.h"
#include "convert/e5s1_file.h"
#include "engine/embedder.h"
#include "text/precompiled_map.h"

namespace hanok {
namespace {

using testing::HasSubstr;

class PackageFile : public Converting {
 protected:
  Status make(const std::string& bytes) {
    std::ofstream(out_folder_ / "package.bin", std::ios::binary) << bytes;
    return convert_package_file("e5s1", out_folder_ / "package.bin", out("made"));
  }
  std::unique_ptr<Embedder> embedder(int64_t step_tokens = 2048, int n_threads = 2) {
    const Status made = make(E5s1Bytes().make());
    EXPECT_TRUE(made) << made.error().to_string();
    EmbedderOptions options;
    options.step_tokens = step_tokens;
    options.n_threads = n_threads;
    auto loaded = Embedder::load(out("made"), options);
    EXPECT_TRUE(loaded) << loaded.error().to_string();
    return std::move(*loaded);
  }
};

TEST_F(PackageFile, KeepsTheBlocksAndTheVocabularyAsTheyAre) {
  const std::string bytes = E5s1Bytes().make();
  ASSERT_TRUE(make(bytes));
  const auto file = read_e5s1(std::as_bytes(std::span(bytes)), "package");
  ASSERT_TRUE(file) << file.error().to_string();
  const auto gguf = GgufFile::open(out("made"));
  ASSERT_TRUE(gguf) << gguf.error().to_string();
  const auto pieces = gguf->get_strings("tokenizer.ggml.tokens").value();
  ASSERT_EQ(pieces.size(), size_t{E5s1Bytes::kVocab});
  EXPECT_EQ(std::vector<std::string>(pieces.begin(), pieces.begin() + 17), file->pieces);
  EXPECT_EQ(pieces.back(), "[PAD23]");
  for (const auto& [own, name] : {std::pair{"l1.fo.w", "blk.1.ffn_down.weight"},
                                  {"emb.type", "token_types.weight"},
                                  {"l0.aln.b", "blk.0.attn_output_norm.bias"}}) {
    const auto& tensors = gguf->tensors();
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; });
    ASSERT_NE(found, tensors.end()) << name;
    const TensorView& view = file->tensors.at(own);
    EXPECT_EQ(found->view.shape, view.shape) << name;
    EXPECT_EQ(std::memcmp(found->view.data, view.data, view.n_bytes()), 0) << name;
  }
}

TEST_F(PackageFile, TokenizesWithTheFilesReplacementsAndDecomposedHangul) {
  ASSERT_TRUE(make(E5s1Bytes().make()));
  const auto gguf = GgufFile::open(out("made"));
  const auto tokenizer = Tokenizer::from_gguf(*gguf);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  const auto ids = [&](const char* text) { return tokenizer->encode(text).value(); };
  EXPECT_EQ(ids("한국어"), (std::vector<int32_t>{0, 7, 8, 2}));
  EXPECT_EQ(ids("  한국\t\xe3\x80\x80 \xef\xbd\x81"
                "b "),
            (std::vector<int32_t>{0, 7, 4, 11, 2}))
      << "tab and wide space";
  EXPECT_EQ(ids("한\xc2\xad국"), ids("한국")) << "a soft hyphen becomes nothing";
  EXPECT_EQ(ids("각"), (std::vector<int32_t>{0, 4, 15, 2}));
  EXPECT_EQ(ids("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"), ids("각")) << "three jamo";
  EXPECT_EQ(ids("가\xe1\x86\xa8"), ids("각")) << "a syllable and a final";
}

TEST_F(PackageFile, VectorsHaveLengthOneAndDoNotDependOnStepsThreadsOrNeighbours) {
  const std::vector<std::string> texts{"한국어", "a", "ab ab ab 한국", "", "한국 한국 한국"};
  const auto all = embedder()->embed(texts, TextRole::kPassage);
  ASSERT_TRUE(all) << all.error().to_string();
  ASSERT_EQ(all->dim, E5s1Bytes::kHidden);
  for (size_t i = 0; i < texts.size(); ++i) {
    double squares = 0;
    for (const float value : all->vector(i)) squares += static_cast<double>(value) * value;
    EXPECT_NEAR(squares, 1, 1e-6) << i;
  }
  const auto one_by_one = embedder(1, 1)->embed(texts, TextRole::kPassage);
  EXPECT_EQ(one_by_one->vectors, all->vectors);
  const auto alone = embedder()->embed(std::span(texts).subspan(2, 1), TextRole::kPassage);
  EXPECT_TRUE(std::equal(alone->vectors.begin(), alone->vectors.end(), all->vector(2).begin()));
  EXPECT_LT(cosine(all->vector(0), all->vector(1)), 0.999f);
}

TEST_F(PackageFile, WritesTheModelsPrefixesAndTakesSpecialTokensForText) {
  const auto model = embedder();
  EXPECT_EQ(model->prefix(TextRole::kQuery), "query: ");
  const std::vector<std::string> bare{"한국"}, written{"passage: 한국"}, asked{"query: 한국"}, special{"</s>"};
  const auto passage = model->embed(bare, TextRole::kPassage);
  EXPECT_EQ(passage->vectors, model->embed(written, TextRole::kPlain)->vectors);
  const auto query = model->embed(bare, TextRole::kQuery);
  EXPECT_LT(cosine(query->vectors, passage->vectors), 0.999f);
  EXPECT_GT(cosine(query->vectors, model->embed(asked, TextRole::kPlain)->vectors), 0.9999f) << "but for its precision";
  EXPECT_EQ(query->texts[0].n_tokens, 5) << "<s>, the prefix's two, the text's one, </s>";
  EXPECT_EQ(model->embed(special, TextRole::kPlain)->texts[0].n_tokens, 4)
      << "what is written like a special token is unknown text";
}

TEST_F(PackageFile, SaysWhatDidNotFitAndUsesTheRest) {
  const auto model = embedder();
  ASSERT_EQ(model->max_tokens(), E5s1Bytes::kPositions);
  std::string text;
  for (int i = 0; i < 15; ++i) text += "한국 ";
  std::string fits;
  for (int i = 0; i < 10; ++i) fits += "한국 ";
  const std::vector<std::string> texts{text, fits};
  const auto made = model->embed(texts, TextRole::kPlain);
  EXPECT_EQ(made->texts[0].n_tokens, 12);
  EXPECT_EQ(made->texts[0].n_left_out, 5);
  EXPECT_EQ(made->texts[1].n_left_out, 0);
  EXPECT_TRUE(std::equal(made->vector(0).begin(), made->vector(0).end(), made->vector(1).begin()));
}

TEST_F(PackageFile, StopsWhenToldTo) {
  const std::vector<std::string> texts(5, "한국");
  const auto made = embedder(1)->embed(texts, TextRole::kPlain, [](size_t n_done) { return n_done < 3; });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kInterrupted);
}

TEST_F(PackageFile, EveryCutOffFileIsAnErrorAndLeavesNothingBehind) {
  const std::string whole = E5s1Bytes().make();
  for (size_t n = 0; n < whole.size(); n += n < 600 ? 1 : 97) {
    const auto cut = std::as_bytes(std::span(whole).first(n));
    EXPECT_FALSE(read_e5s1(cut, "cut")) << n;
  }
  ASSERT_FALSE(make(whole.substr(0, whole.size() - 1)));
  EXPECT_EQ(n_files_left(), 1u) << "the package's file alone";
}

TEST_F(PackageFile, NamesWhatIsWrong) {
  const auto error_of = [&](const auto& change) {
    E5s1Bytes bytes;
    change(bytes);
    const Status made = make(bytes.make());
    return made ? std::string() : made.error().to_string();
  };
  EXPECT_EQ(error_of([](E5s1Bytes&) {}), "");
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.without = "l1.k.w"; }), HasSubstr("number of tensors"));
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.offset_by = uint64_t{1} << 63; }), HasSubstr("behind the end"));
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.pieces[5] = "\xff"; }), HasSubstr("token 5"));
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.replacements[1].first = 0xd800; }), HasSubstr("entry 1"));
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.replacements[1].first = b.replacements[0].first; }), HasSubstr("entry 1"));
  EXPECT_THAT(error_of([](E5s1Bytes& b) { b.pieces.resize(30, "x"); }), HasSubstr("vocabulary"));
  EXPECT_THAT(convert_package_file("zip", out("a"), out("b")).error().to_string(), HasSubstr("zip"));
}

TEST(Charsmap, ReadsBackWhatWasWritten) {
  Replacements replacements{{"a", "1"}, {"ab", "2"}, {"b", ""}, {"\xe1\x84\x80", "ㄱ"}, {"\xff", "last"}};
  for (int i = 0; i < 3000; ++i) replacements.emplace(fmt::format("k{}", i * 7919 % 3000), fmt::format("v{}", i % 50));
  const auto map = PrecompiledMap::read(write_charsmap(replacements));
  ASSERT_TRUE(map) << map.error().to_string();
  for (const auto& [text, becomes] : replacements) {
    const auto match = map->longest(text);
    ASSERT_TRUE(match) << text;
    EXPECT_EQ(match->n_bytes, text.size()) << text;
    EXPECT_EQ(match->replacement, becomes) << text;
  }
  EXPECT_EQ(map->longest("abc")->replacement, "2");
  EXPECT_EQ(map->shortest("abc")->replacement, "1");
  for (const char* text : {"c", "k", "\xe1\x84", "\xe1", "", "z\xff"}) EXPECT_FALSE(map->longest(text)) << text;
  EXPECT_FALSE(map->longest(std::string(3, '\0')));
}

TEST(Charsmap, HoldsEveryDecomposedSyllable) {
  Replacements replacements{{"\xc3\xa9", "e"}};  // é
  add_decomposed(replacements);
  EXPECT_EQ(replacements.at("e\xcc\x81"), "e") << "what the character becomes";
  EXPECT_EQ(replacements.at("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), "한");
  EXPECT_EQ(replacements.at("하\xe1\x86\xab"), "한");
  EXPECT_FALSE(replacements.contains("한"));
}

}  // namespace
}  // namespace hanok
