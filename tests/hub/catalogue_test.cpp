// The catalogue, model names, manifests: what is read must be right or be refused with its place.
#include "hub/catalogue.h"

#include <set>

#include <sys/stat.h>

#include "hub/hf_download.h"
#include "hub/manifest.h"
#include "hub/model_spec.h"
#include "test_support.h"

namespace hanok {
namespace {

TEST(Catalogue, TheBuiltInOneReadsAndNamesTheDefault) {
  const auto catalogue = Catalogue::built_in();
  ASSERT_TRUE(catalogue) << catalogue.error().to_string();
  const CatalogueEntry* entry = catalogue->find("default");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->name, "qwen2.5-coder-1.5b");
  EXPECT_EQ(entry->file.sha256, "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046");
  EXPECT_EQ(entry->pypi.at(0).last, 22);
  EXPECT_EQ(catalogue->find("KANANA")->licence.kind, LicenceKind::kFree);
  EXPECT_EQ(catalogue->find("exaone-4.0-1.2b")->licence.kind, LicenceKind::kNonCommercial);
}

TEST(Catalogue, AConversionNamesAFormAndAGgufFile) {
  const auto built_in = Catalogue::built_in();
  ASSERT_TRUE(built_in);
  const CatalogueEntry* entry = built_in->find("multilingual-e5-small");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->conversion.kind, "e5s1");
  EXPECT_EQ(entry->conversion.file, "multilingual-e5-small-q4_0.gguf");
  for (const char* conversion :
       {R"({"kind":"e5s1","file":"../a.gguf"})", R"({"kind":"e5s1","file":"a.bin"})", R"({"file":"a.gguf"})"}) {
    const std::string text =
        std::string(R"({"models":[{"name":"m","licence":"MIT","pypi":[{"package":"p","version":"1"}],)") +
        R"("file":{"name":"f","sha256":")" + std::string(64, 'a') + R"("},"convert":)" + conversion + "}]}";
    EXPECT_FALSE(Catalogue::parse(text, "test", &*built_in)) << conversion;
  }
}

TEST(Catalogue, EveryEntryHasASourceALicenceTextAndNamesOfItsOwn) {
  const auto catalogue = Catalogue::built_in();
  ASSERT_TRUE(catalogue);
  std::set<std::string> names;
  for (const auto& entry : catalogue->entries()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    for (const auto& alias : entry.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_FALSE(entry.hf.empty() && entry.pypi.empty()) << entry.name;
    EXPECT_FALSE(entry.licence.summary_ko.empty()) << entry.name;
    EXPECT_FALSE(entry.family.empty()) << entry.name;
    for (const auto& source : entry.pypi) {
      const uint64_t n_full = static_cast<uint64_t>(source.last - source.first) * source.part_bytes;
      EXPECT_GT(entry.file.n_bytes, n_full) << entry.name;
      if (source.last > source.first) {
        EXPECT_LE(entry.file.n_bytes, n_full + source.part_bytes) << entry.name;
      }
    }
  }
  EXPECT_GT(catalogue->entries().size(), 50u);
}

TEST(Catalogue, WrongFilesAreRefusedWithTheirPlace) {
  const char* const kWrong[] = {
      "",
      "[",
      "3",
      R"({"models":3})",
      R"({"models":[{}]})",
      R"({"models":[{"name":"a"}]})",
      R"({"models":[{"name":"../a","licence":"MIT","hf":[{"id":"a/b"}]}]})",
      R"({"models":[{"name":"a","licence":"MIT","hf":[{"id":"a/../b"}]}]})",
      R"({"models":[{"name":"a","licence":"MIT","hf":[{"id":"a/b","file":"../x"}]}]})",
      R"({"models":[{"name":"a","licence":"nobody's","hf":[{"id":"a/b"}]}]})",
      R"({"models":[{"name":"a","licence":"MIT","pypi":[{"package":"--index-url","version":"1"}]}]})",
      R"({"models":[{"name":"a","licence":"MIT","hf":[{"id":"a/b"}],"file":{"name":"f","bytes":-1}}]})",
      R"({"models":[{"name":"a","licence":"MIT","hf":[{"id":"a/b"}],"file":{"name":"f","sha256":"zz"}}]})",
      R"({"licences":{"X":{"kind":"maybe"}}})"};
  const auto known = Catalogue::built_in();
  for (const char* text : kWrong) {
    const auto catalogue = Catalogue::parse(text, "mine.json", &*known);
    ASSERT_FALSE(catalogue) << text;
    EXPECT_EQ(catalogue.error().kind, ErrorKind::kCorruptFile) << text;
    EXPECT_EQ(catalogue.error().where.substr(0, 9), "mine.json") << text;
  }
}

TEST(Catalogue, TheUsersEntriesWinAndMayTakeTheDefault) {
  const testing::Store store;
  const Hub hub =
      store.open(R"({"models":[{"name":"own","aliases":["default"],"licence":"MIT","hf":[{"id":"me/own"}]}]})");
  EXPECT_EQ(hub.catalogue().find("default")->name, "own");
  EXPECT_NE(hub.catalogue().find("gemma-3-270m"), nullptr);
}

TEST(Hub, AnUnknownNameSuggestsItsNeighbours) {
  const testing::Store store;
  const auto model = store.open().resolve("kananna-1.5-2.1b");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(model.error().hint.find("kanana-1.5-2.1b"), std::string::npos);
}

TEST(Hub, APathIsTakenAsItIs) {
  const testing::Store store;
  const auto path = store.folder.path() / "my model.gguf";
  testing::write_file(path, "GGUF");
  const auto model = store.open().resolve(path.string());
  ASSERT_TRUE(model);
  EXPECT_EQ(model->path, path);
  EXPECT_EQ(model->origin, "local");
  EXPECT_EQ(store.open().resolve("./not/here.gguf").error().kind, ErrorKind::kNotFound);
}

TEST(Hub, ALicenceForbiddingCommercialUseIsShownInTheUsersLanguage) {
  const testing::Store store;
  PullOptions options;
  options.language = Language::kKorean;
  const auto model = store.open().resolve("hf:LGAI-EXAONE/EXAONE-4.0-1.2B", options);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kRefused);
  EXPECT_NE(model.error().what.find("연구와 교육 목적"), std::string::npos);
  EXPECT_NE(model.error().hint.find("--accept-licence exaone-4.0-1.2b"), std::string::npos);
  EXPECT_FALSE(store.open().describe("exaone-4.0-1.2b")->licence_accepted);
}

TEST(Hub, WhatCannotBeRunIsNotFetchedUnasked) {
  const testing::Store store;
  const testing::ScopedEnv nowhere("HF_ENDPOINT", "http://127.0.0.1:9");
  const Hub hub = store.open(R"({"models":[{"name":"big","licence":"Apache-2.0","family":"hanok_next",
      "supported":false,"hf":[{"id":"lab/big"}]}]})");
  for (const char* name : {"big", "hf:lab/big", "hf:lab/big@v2"}) {
    const auto refused = hub.resolve(name);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported) << name;
    EXPECT_NE(refused.error().got.find("hanok_next"), std::string::npos);
    EXPECT_NE(refused.error().hint.find("default"), std::string::npos) << "what to use instead";
    EXPECT_NE(refused.error().hint.find("--force"), std::string::npos);
  }
  PullOptions force;
  force.take_unsupported = true;
  EXPECT_EQ(hub.resolve("big", force).error().kind, ErrorKind::kNetwork) << "it is tried";
  PullOptions asked;
  std::string family;
  asked.ask_unsupported = [&](const CatalogueEntry& entry) {
    family = entry.family;
    return true;
  };
  EXPECT_EQ(hub.resolve("big", asked).error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(family, "hanok_next");
}

void put_stored(const testing::Store& store, const std::string& name) {
  const std::string bytes = testing::weights(100);
  const Manifest manifest{name,
                          "hf:a/b",
                          "Apache-2.0",
                          LicenceKind::kFree,
                          "2026-01-01T00:00:00Z",
                          {{"f.gguf", bytes.size(), testing::sha256_of(bytes), true}}};
  testing::write_file(store.models() / name / "f.gguf", bytes);
  testing::write_file(store.models() / name / "manifest.json", format_manifest(manifest));
}

TEST(Hub, ABrokenCatalogueOfTheUsersLeavesPathsTheStoreAndTheBuiltInOne) {
  const testing::Store store;
  put_stored(store, "my-model");
  put_stored(store, "qwen2.5-coder-1.5b");
  const Hub hub = store.open("{\"models\": [");
  ASSERT_TRUE(hub.catalogue_error());
  EXPECT_EQ(hub.catalogue_error()->kind, ErrorKind::kCorruptFile);
  const auto path = store.folder.path() / "m.gguf";
  testing::write_file(path, "x");
  EXPECT_TRUE(hub.resolve(path.string()));
  EXPECT_TRUE(hub.describe(path.string()));
  EXPECT_EQ(hub.list()->size(), 2u);
  for (const auto& [asked, name] : {std::pair("my-model", "my-model"), std::pair("default", "qwen2.5-coder-1.5b")}) {
    const auto model = hub.resolve(asked);
    ASSERT_TRUE(model) << model.error().to_string();
    EXPECT_EQ(model->path, store.models() / name / "f.gguf");
    EXPECT_TRUE(hub.describe(asked));
  }
  EXPECT_NE(hub.describe("gemma-3-270m")->entry, std::nullopt);
  EXPECT_EQ(hub.resolve("named-there-perhaps").error().kind, ErrorKind::kCorruptFile);
  EXPECT_EQ(hub.describe("named-there-perhaps").error().kind, ErrorKind::kCorruptFile);
  EXPECT_EQ(hub.resolve("./not/here.gguf").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(*hub.remove("my-model") > 0, true);
}

TEST(Hub, APipeWhereAFileShouldBeIsRefusedAndDoesNotHang) {
  const testing::Store store;
  const auto pipe_at = [](const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  };
  pipe_at(store.folder.path() / "config" / "catalogue.json");
  pipe_at(store.folder.path() / "data" / "licences.json");
  pipe_at(store.models() / "my-model" / "manifest.json");
  pipe_at(store.folder.path() / ".cache" / "huggingface" / "token");
  const testing::ScopedEnv no_token("HUGGING_FACE_HUB_TOKEN", "");
  const testing::ScopedEnv token_home("HF_HOME", (store.folder.path() / ".cache" / "huggingface").string());
  const Hub hub = store.open();
  ASSERT_TRUE(hub.catalogue_error());
  EXPECT_EQ(hub.catalogue_error()->kind, ErrorKind::kIo);
  EXPECT_EQ(hub.catalogue_error()->expected, "a regular file");
  EXPECT_NE(hub.catalogue_error()->hint, "");
  EXPECT_TRUE(hub.list()->empty());
  EXPECT_FALSE(hub.describe("exaone-4.0-1.2b")->licence_accepted);
  EXPECT_EQ(hf_headers().size(), 1u) << "no token";
}

TEST(ModelSpec, RoundTrips) {
  for (const char* spec : {"hf:a/b", "hf:a/b@v1:sub/f.gguf", "hf:a/b:f.gguf"})
    EXPECT_EQ(to_spec(*parse_hf_spec(spec)), spec);
  for (const char* spec : {"pypi:a-part{1..22}==0.2.0", "pypi:a{3..3}b==1:x/y.{nn-1}"}) {
    EXPECT_EQ(to_spec(*parse_pypi_spec(spec)), spec);
  }
  EXPECT_EQ(fill_part("p{n}/{nn}.{n-1}.{nn-1}", 7), "p7/07.6.06");
}

TEST(ModelSpec, StoreNamesAreAlwaysPlain) {
  for (const char* spec : {"pypi:a{1..22}2==1!4:x", "pypi:a==1"})
    EXPECT_TRUE(is_store_name(store_name_of(*parse_pypi_spec(spec))));
  EXPECT_EQ(store_name_of(*parse_hf_spec("hf:a/b@x/y:c d.gguf")), "a_b@x_y@c_d.gguf");
}

TEST(ModelSpec, HostileOnesAreRefused) {
  for (const char* spec :
       {"hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/b:../x", "hf:a/b@", "hf:a/b@../x", "hf:-a/b", "hf:a/b:/x"}) {
    EXPECT_FALSE(parse_hf_spec(spec)) << spec;
  }
  for (const char* spec :
       {"pypi:a", "pypi:a==", "pypi:-r==1", "pypi:a==-1", "pypi:a{1..}==1", "pypi:a{5..1}==1", "pypi:a{1..9999}==1",
        "pypi:a b==1", "pypi:a==1 --index-url", "pypi:a==1:../x", "pypi:a;x==1"}) {
    EXPECT_FALSE(parse_pypi_spec(spec)) << spec;
  }
}

TEST(Manifest, RoundTripsAndRefusesPathsThatEscape) {
  Manifest manifest{
      "m", "hf:a/b", "MIT", LicenceKind::kSpecial, "2026-01-01T00:00:00Z", {{"f.gguf", 3, std::string(64, 'c'), true}}};
  const auto again = parse_manifest(format_manifest(manifest), "x");
  ASSERT_TRUE(again);
  EXPECT_EQ(format_manifest(*again), format_manifest(manifest));
  EXPECT_EQ(again->licence_kind, LicenceKind::kSpecial);
  manifest.files[0].name = "../f.gguf";
  EXPECT_FALSE(parse_manifest(format_manifest(manifest), "x"));
}

}  // namespace
}  // namespace hanok
