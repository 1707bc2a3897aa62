#include "core/v8/testing/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sigproof::host {
namespace {

std::string reasonFor(const std::string& path) {
  try {
    readFile(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(ReadFile, GivesEveryByte) {
  const std::string path = testing::TempDir() + "sigproof_read_file_test";
  std::vector<std::uint8_t> bytes(200'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(readFile(path), bytes);
}

TEST(ReadFile, GivesNothingForAnEmptyFile) { EXPECT_TRUE(readFile("/dev/null").empty()); }

TEST(ReadFile, NamesTheFileAndTheReason) {
  EXPECT_EQ(reasonFor("/nowhere/x.wasm"), "can't read /nowhere/x.wasm: No such file or directory");
  EXPECT_EQ(reasonFor("/"), "can't read /: it is a folder");
}

}  // namespace
}  // namespace sigproof::host
